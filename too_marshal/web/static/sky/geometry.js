// Geometry on the sphere, in degrees; no drawing.

const RAD = Math.PI / 180;

// Corners (offsets east and north in the tangent plane) around a pointing, as a closed ring of
// [RA, Dec]. d3 takes for the inside of a ring what lies to the right of its direction.
export function footprint(ra, dec, outline) {
  const sinDec = Math.sin(dec * RAD);
  const cosDec = Math.cos(dec * RAD);
  const ring = outline.map(([east, north]) => {
    const x = Math.tan(east * RAD);
    const y = Math.tan(north * RAD);
    const depth = cosDec - y * sinDec;
    const lon = ra + Math.atan2(x, depth) / RAD;
    const lat = Math.atan2(sinDec + y * cosDec, Math.hypot(x, depth)) / RAD;
    return [((lon % 360) + 360) % 360, lat];
  });
  ring.reverse();
  return { type: "Polygon", coordinates: [[...ring, ring[0]]] };
}

export function sexagesimal(ra, dec) {
  const tenths = Math.round(((((ra % 360) + 360) % 360) / 15) * 36000) % 864000;
  const arcsec = Math.round(Math.abs(dec) * 3600);
  const two = (n) => String(Math.floor(n)).padStart(2, "0");
  const seconds = (tenths % 600) / 10;
  const east = `${two(tenths / 36000)}:${two((tenths / 600) % 60)}:${seconds.toFixed(1).padStart(4, "0")}`;
  const north = `${two(arcsec / 3600)}:${two((arcsec / 60) % 60)}:${two(arcsec % 60)}`;
  return `${east} ${dec < 0 ? "-" : "+"}${north}`;
}

// Mollweide's equal-area projection (Snyder 1987, USGS Professional Paper 1395, p. 249).
export function mollweide(lambda, phi) {
  let theta = phi;
  for (let i = 0; i < 30; i += 1) {
    const slope = 2 + 2 * Math.cos(2 * theta);
    if (slope < 1e-12) break;
    const step = (2 * theta + Math.sin(2 * theta) - Math.PI * Math.sin(phi)) / slope;
    theta -= step;
    if (Math.abs(step) < 1e-9) break;
  }
  return [(2 * Math.SQRT2 / Math.PI) * lambda * Math.cos(theta), Math.SQRT2 * Math.sin(theta)];
}

mollweide.invert = (x, y) => {
  const theta = Math.asin(Math.max(-1, Math.min(1, y / Math.SQRT2)));
  const phi = Math.asin(Math.max(-1, Math.min(1, (2 * theta + Math.sin(2 * theta)) / Math.PI)));
  return [(Math.PI * x) / (2 * Math.SQRT2 * Math.cos(theta)), phi];
};
