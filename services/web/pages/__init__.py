"""The pages, a file a place to go: each makes its routes with `services.web.routes`."""
