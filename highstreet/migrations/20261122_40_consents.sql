-- Scenarios ask the sellers of their parts, not only who pays
-- depends: 20261122_39_contents

-- migrate: apply

ALTER TABLE catalog.scenario_part ADD COLUMN seller_agreed_at timestamptz, ADD COLUMN refused_at timestamptz;
COMMENT ON COLUMN catalog.scenario_part.seller_agreed_at IS
    'When the part''s seller agreed that it is sold so. The curator''s own parts and the city''s scenarios need no such yes.';
COMMENT ON COLUMN catalog.scenario_part.refused_at IS 'When its seller or funder said no: the scenario does not open with it.';

-- migrate: rollback
