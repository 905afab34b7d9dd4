"""The project file: SQLite tables, packing, hashes, locking, migration."""
