"""The pages: one module a noun, server-rendered, alive through htmx and one event stream."""
