-- The shelf knows what rules of public money ask about goods
-- depends: 20261122_44_voucher_codes

-- migrate: apply

DO $$
DECLARE
    shelf text := pg_get_functiondef('market.for_sale(text[], text, date)'::regprocedure);
BEGIN
    IF position('i.sells, v.unit,' IN shelf) = 0 THEN
        RAISE EXCEPTION 'market.for_sale is not as this migration knows it';
    END IF;
    EXECUTE replace(shelf, 'i.sells, v.unit,',
        'i.sells, v.unit, i.category_id AS category, coalesce(i.attributes ->> ''appliance'', i.attributes ->> ''device'') AS said, '
        'coalesce(i.attributes ->> ''energy_grade'', i.attributes ->> ''energy'') AS grade, i.attributes ->> ''setting'' AS setting,');
END $$;

-- migrate: rollback
