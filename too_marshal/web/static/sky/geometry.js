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

// Zenith of a site at a time (ms): the Earth rotation angle of the IAU in place of sidereal time,
// since positions are of the fixed frame, which precession leaves alone; good to 0.2 degree.
export function zenith({ longitude, latitude }, time) {
  const days = time / 86400000 + 2440587.5 - 2451545;
  const angle = 360 * (0.779057273264 + 0.00273781191135448 * days + days % 1);
  return [(((angle + longitude) % 360) + 360) % 360, latitude];
}

// Secant of the zenith distance; null below the horizon.
export function airmass(position, overhead) {
  const cosine = Math.cos(d3.geoDistance(position, overhead));
  return cosine > 0 ? 1 / cosine : null;
}

// A circle on the sphere as a line: a polygon would be closed along the edge of the globe.
export function circle(center, radius) {
  const ring = d3.geoCircle().center(center).radius(radius).precision(3)();
  return { type: "LineString", coordinates: ring.coordinates[0] };
}

// Part of a region that lies beyond the edge of a globe seen from over `center`, by area.
export function hiddenPart(feature, center) {
  const near = d3.geoAzimuthalEqualArea().rotate([-center[0], -center[1]]).clipAngle(90).scale(1).precision(0);
  const whole = d3.geoArea(feature);
  return whole ? Math.max(0, 1 - d3.geoPath(near).area(feature) / whole) : 0;
}
