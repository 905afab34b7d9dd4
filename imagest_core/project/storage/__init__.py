"""The project file: SQLite tables, compression, hashes, locking, migration."""
