-- The job queue: its tables are made and kept up to date by pgqueuer itself, in the schema jobs
-- depends:

-- migrate: apply

COMMENT ON SCHEMA jobs IS 'Work to be done outside a request. The tables are those of pgqueuer.';
COMMENT ON TABLE jobs.pgqueuer IS 'Jobs waiting or running; a row of the transaction that wants them.';
COMMENT ON TABLE jobs.pgqueuer_log IS 'What became of each job.';
COMMENT ON TABLE jobs.pgqueuer_schedules IS 'Jobs that come by the clock: when each is due next.';
COMMENT ON TABLE jobs.pgqueuer_statistics IS 'Jobs counted by second, kind and outcome.';

-- migrate: rollback
