"""The worker process: claims jobs and due deadlines from PostgreSQL."""
