"""A materials management system of the old kind: it takes fixed-width files from a folder and leaves files there."""
