-- Version 1. Dates are days since 1970-01-01: a time could be joined with a line of a log.
CREATE TABLE sessions (
    -- SHA-256 of the session's id, which the browser alone keeps.
    id_hash BLOB PRIMARY KEY NOT NULL CHECK (length(id_hash) = 32),
    -- Key id, nonce and XChaCha20-Poly1305 ciphertext.
    refresh_token BLOB NOT NULL,
    -- Separated by spaces.
    scopes TEXT NOT NULL,
    authorized_on INTEGER NOT NULL,
    -- NULL until the session's cookie has come back for the first time.
    last_used_on INTEGER,
    restricted INTEGER NOT NULL DEFAULT 0 CHECK (restricted IN (0, 1))
) STRICT, WITHOUT ROWID;
