-- Parties: people, businesses, places, roles, licences, sign-in, consent
-- depends: 20261122_01_kit

-- migrate: apply

CREATE SCHEMA parties;

CREATE TABLE parties.party (
    id text COLLATE "C" PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('person', 'business', 'city')),
    name text,
    picture text,
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('applied', 'active', 'suspended', 'closed', 'erased')),
    about jsonb NOT NULL DEFAULT '{}',
    uscc text UNIQUE,
    lang text NOT NULL DEFAULT 'en' CHECK (lang IN ('en', 'zh')),
    demo boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    CHECK (kind <> 'person' OR uscc IS NULL)
);
COMMENT ON TABLE parties.party IS
    'A person or business taking part. A business has a public name and its Unified Social Credit Code; the personal fields of a person are sealed elsewhere.';

CREATE TABLE parties.seal (
    party_id text COLLATE "C" PRIMARY KEY REFERENCES parties.party,
    key bytea NOT NULL,
    fields bytea NOT NULL
);
COMMENT ON TABLE parties.seal IS
    'Personal fields (name, e-mail, phone, addresses) of one person, sealed under that person''s own wrapped key. Deleting the row erases the person.';

CREATE TABLE parties.login (
    handle bytea PRIMARY KEY,
    party_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    kind text NOT NULL CHECK (kind IN ('email', 'phone')),
    confirmed_at timestamptz
);
COMMENT ON TABLE parties.login IS 'The keyed hash of an e-mail address or phone number that signs a person in.';
CREATE INDEX login_party ON parties.login (party_id);

CREATE TABLE parties.secret (
    party_id text COLLATE "C" PRIMARY KEY REFERENCES parties.party,
    password text NOT NULL,
    totp bytea,
    totp_last bigint NOT NULL DEFAULT 0,
    failed int NOT NULL DEFAULT 0,
    locked_until timestamptz,
    changed_at timestamptz NOT NULL
);
COMMENT ON TABLE parties.secret IS 'argon2 hash of a password and, for staff, the sealed second factor with the last used step.';

CREATE TABLE parties.session (
    token bytea PRIMARY KEY,
    party_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    acts_for text COLLATE "C" REFERENCES parties.party,
    strong boolean NOT NULL DEFAULT false,
    agent text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE parties.session IS 'A signed-in browser: the SHA-256 of its cookie, who, for which business, whether with the second factor.';
CREATE INDEX session_party ON parties.session (party_id);

CREATE TABLE parties.token (
    hash bytea PRIMARY KEY,
    id text COLLATE "C" NOT NULL UNIQUE,
    party_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    name text NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz
);
COMMENT ON TABLE parties.token IS 'An API token (SHA-256) of a business or person with its scopes.';

CREATE TABLE parties.role (
    person_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    party_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    role text NOT NULL CHECK (role IN ('owner', 'manager', 'clerk', 'courier', 'operator', 'officer')),
    since timestamptz NOT NULL,
    PRIMARY KEY (person_id, party_id, role)
);
COMMENT ON TABLE parties.role IS 'Who may act for whom. operator and officer are roles in the city''s own party.';
CREATE INDEX role_party ON parties.role (party_id);

CREATE TABLE parties.place (
    id text COLLATE "C" PRIMARY KEY,
    party_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    kind text NOT NULL CHECK (kind IN ('shop', 'stall', 'locker', 'kitchen', 'depot', 'factory', 'clinic', 'school')),
    name jsonb NOT NULL,
    address jsonb NOT NULL,
    lat double precision NOT NULL CHECK (lat BETWEEN -90 AND 90),
    lon double precision NOT NULL CHECK (lon BETWEEN -180 AND 180),
    hours jsonb NOT NULL DEFAULT '[]',
    reach_m int NOT NULL DEFAULT 3000 CHECK (reach_m >= 0),
    closed_at timestamptz
);
COMMENT ON TABLE parties.place IS
    'Shop, stall, locker, kitchen, depot or factory: where it is, hours as [{day 0-6, opens "HH:MM", closes "HH:MM"}], and how far it delivers in metres.';
CREATE INDEX place_party ON parties.place (party_id);

CREATE TABLE parties.licence (
    id text COLLATE "C" PRIMARY KEY,
    party_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    kind text NOT NULL,
    number text NOT NULL,
    issuer text NOT NULL,
    valid_from date NOT NULL,
    valid_to date NOT NULL,
    scan text,
    state text NOT NULL DEFAULT 'shown' CHECK (state IN ('shown', 'accepted', 'refused', 'expired')),
    reviewed_by text COLLATE "C",
    reviewed_at timestamptz,
    reason text,
    UNIQUE (kind, number),
    CHECK (valid_from <= valid_to)
);
COMMENT ON TABLE parties.licence IS 'A qualification a seller shows (business, food, clinic ...) and the operator''s review of it.';
CREATE INDEX licence_party ON parties.licence (party_id);

CREATE TABLE parties.consent (
    party_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    purpose text NOT NULL,
    given_at timestamptz NOT NULL,
    withdrawn_at timestamptz,
    wording text NOT NULL,
    PRIMARY KEY (party_id, purpose, given_at)
);
COMMENT ON TABLE parties.consent IS 'What a person allowed their data to be used for, in which words, from when until when.';

CREATE TABLE parties.notice (
    id text COLLATE "C" PRIMARY KEY,
    party_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    kind text NOT NULL,
    subject text COLLATE "C" NOT NULL,
    body jsonb NOT NULL DEFAULT '{}',
    at timestamptz NOT NULL,
    read_at timestamptz,
    UNIQUE (party_id, kind, subject)
);
COMMENT ON TABLE parties.notice IS 'A notification shown in the app to one party; written once per kind and subject.';
CREATE INDEX notice_party ON parties.notice (party_id, at DESC);

-- migrate: rollback
