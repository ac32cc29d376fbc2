// SPDX-License-Identifier: Apache-2.0

internal import GRDB

/// The tables, by named steps that are never changed once released; later versions add steps.
///
/// Times are microseconds since 1970. States of tasks are the numbers of the wire: below 10 under way, from 10 ended.
/// Files and tasks name their team without a foreign key, because a team may live in another store.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1-application") { database in
            try database.execute(literal: "PRAGMA application_id = \(sql: String(SQLiteMetadata.applicationID))")
        }
        migrator.registerMigration("1-access") { try $0.execute(sql: access) }
        migrator.registerMigration("1-files") { try $0.execute(sql: files) }
        migrator.registerMigration("1-tasks") { try $0.execute(sql: tasks) }
        migrator.registerMigration("2-files") { try $0.execute(sql: fileExpiryAndOrders) }
        migrator.registerMigration("3-tasks") { try $0.execute(sql: taskDelaysWebhooksAndFiles) }
        migrator.registerMigration("3-sessions") { try $0.execute(sql: sessions) }
        migrator.registerMigration("3-turns") { try $0.execute(sql: turns) }
        migrator.registerMigration("3-webhooks") { try $0.execute(sql: webhookTeams) }
        migrator.registerMigration("4-agents") { try $0.execute(sql: agents) }
        return migrator
    }

    private static let access = """
        CREATE TABLE teams (
            id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 26),
            name TEXT NOT NULL UNIQUE,
            created_at INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE access_keys (
            id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 26),
            team_id TEXT NOT NULL REFERENCES teams (id),
            name TEXT NOT NULL,
            hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
            scopes TEXT NOT NULL CHECK (json_type(scopes) = 'array'),
            created_at INTEGER NOT NULL,
            revoked_at INTEGER
        ) STRICT;
        CREATE INDEX access_keys_by_team ON access_keys (team_id, created_at, id);
        CREATE INDEX access_keys_by_time ON access_keys (created_at, id);
        CREATE TRIGGER access_keys_stay_revoked BEFORE UPDATE OF revoked_at ON access_keys
        WHEN OLD.revoked_at IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'a revoked key stays revoked'); END;

        CREATE TABLE secrets (
            name TEXT NOT NULL PRIMARY KEY,
            value BLOB NOT NULL CHECK (length(value) > 0)
        ) STRICT;
        CREATE TRIGGER secrets_never_change BEFORE UPDATE ON secrets
        BEGIN SELECT RAISE(ABORT, 'a secret never changes'); END;
        """

    private static let files = """
        CREATE TABLE files (
            id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 26),
            team_id TEXT NOT NULL CHECK (length(team_id) = 26),
            user_id TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            filename TEXT NOT NULL,
            content_type TEXT NOT NULL,
            declared_size INTEGER CHECK (declared_size >= 0),
            path TEXT NOT NULL,
            category TEXT NOT NULL,
            is_public INTEGER NOT NULL CHECK (is_public IN (0, 1)),
            blob_key TEXT,
            blob_size INTEGER CHECK (blob_size >= 0),
            blob_sha256 TEXT CHECK (length(blob_sha256) = 64),
            CHECK ((blob_key IS NULL) = (blob_size IS NULL) AND (blob_key IS NULL) = (blob_sha256 IS NULL))
        ) STRICT;
        CREATE INDEX files_by_team ON files (team_id, created_at, id);
        CREATE INDEX files_by_blob ON files (blob_key) WHERE blob_key IS NOT NULL;
        CREATE INDEX files_pending ON files (created_at) WHERE blob_key IS NULL;
        CREATE TRIGGER files_keep_their_bytes BEFORE UPDATE OF blob_key, blob_size, blob_sha256 ON files
        WHEN OLD.blob_key IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'a file keeps its bytes'); END;
        """

    private static let fileExpiryAndOrders = """
        ALTER TABLE files ADD COLUMN expires_at INTEGER;
        ALTER TABLE files ADD COLUMN type_is_guess INTEGER NOT NULL DEFAULT 0 CHECK (type_is_guess IN (0, 1));
        CREATE INDEX files_by_expiry ON files (expires_at) WHERE expires_at IS NOT NULL;
        CREATE INDEX files_by_update ON files (team_id, updated_at, id);
        CREATE INDEX files_by_name ON files (team_id, filename, id);
        CREATE INDEX files_by_path ON files (team_id, path, id);
        CREATE INDEX files_by_size ON files (team_id, coalesce(blob_size, declared_size, 0), id);
        """

    /// `due_at` orders the queue: it is `run_at`, and never before `created_at`. What ends a task, whichever statement it is, makes its webhook due.
    private static let taskDelaysWebhooksAndFiles = """
        ALTER TABLE tasks ADD COLUMN run_at INTEGER;
        ALTER TABLE tasks ADD COLUMN due_at INTEGER;
        ALTER TABLE tasks ADD COLUMN webhook TEXT;
        ALTER TABLE tasks ADD COLUMN webhook_base TEXT;
        UPDATE tasks SET due_at = created_at WHERE status < 10;
        DROP INDEX tasks_unfinished;
        CREATE INDEX tasks_unfinished ON tasks (status, team_id, due_at, id, run_at) WHERE status < 10;

        CREATE TABLE webhook_deliveries (
            task_id TEXT NOT NULL PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE,
            due_at INTEGER NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0)
        ) STRICT;
        CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (due_at, task_id);
        CREATE TRIGGER tasks_tell_their_end AFTER UPDATE OF status ON tasks
        WHEN NEW.status >= 10 AND OLD.status < 10 AND NEW.webhook IS NOT NULL
        BEGIN INSERT INTO webhook_deliveries (task_id, due_at) VALUES (NEW.id, NEW.updated_at); END;

        CREATE TABLE task_files (
            task_id TEXT NOT NULL CHECK (length(task_id) = 26),
            role TEXT NOT NULL CHECK (role IN ('input', 'output')),
            file_id TEXT NOT NULL CHECK (length(file_id) = 26),
            created_at INTEGER NOT NULL,
            position INTEGER NOT NULL,
            PRIMARY KEY (task_id, role, file_id)
        ) STRICT, WITHOUT ROWID;
        """

    private static let sessions = """
        CREATE TABLE sessions (
            id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 26),
            team_id TEXT NOT NULL CHECK (length(team_id) = 26),
            user_id TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('active', 'ended', 'expired')),
            app TEXT NOT NULL,
            app_id TEXT NOT NULL,
            app_version_id TEXT NOT NULL,
            setup TEXT NOT NULL CHECK (json_valid(setup)),
            task_id TEXT NOT NULL,
            idle_timeout INTEGER NOT NULL CHECK (idle_timeout > 0),
            expires_at INTEGER NOT NULL,
            ended_at INTEGER,
            call_count INTEGER NOT NULL CHECK (call_count >= 0),
            last_call_at INTEGER,
            owner TEXT,
            CHECK ((status = 'active') = (ended_at IS NULL))
        ) STRICT;
        CREATE INDEX sessions_by_team ON sessions (team_id, created_at, id);
        CREATE INDEX sessions_active ON sessions (expires_at, id) WHERE status = 'active';
        CREATE INDEX sessions_ended ON sessions (ended_at) WHERE ended_at IS NOT NULL;
        CREATE TRIGGER sessions_end_once BEFORE UPDATE ON sessions
        WHEN OLD.status <> 'active'
        BEGIN SELECT RAISE(ABORT, 'a session that has ended never changes'); END;

        ALTER TABLE tasks ADD COLUMN session_id TEXT;
        ALTER TABLE tasks ADD COLUMN session_timeout INTEGER CHECK ((session_id IS NULL) = (session_timeout IS NULL));
        CREATE INDEX tasks_by_session ON tasks (session_id, status) WHERE session_id IS NOT NULL;
        """

    /// `turn` grows with each task that a team was given; the smallest is next.
    private static let turns = """
        CREATE TABLE team_turns (
            team_id TEXT NOT NULL PRIMARY KEY CHECK (length(team_id) = 26),
            turn INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX team_turns_by_turn ON team_turns (turn);
        DROP INDEX tasks_unfinished;
        CREATE INDEX tasks_unfinished ON tasks (status, team_id, due_at, id, run_at, session_id) WHERE status < 10;
        CREATE INDEX sessions_active_by_team ON sessions (team_id) WHERE status = 'active';
        """

    private static let tasks = """
        CREATE TABLE tasks (
            id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 26),
            team_id TEXT NOT NULL CHECK (length(team_id) = 26),
            user_id TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            status INTEGER NOT NULL CHECK (status BETWEEN 1 AND 13),
            app TEXT NOT NULL,
            app_id TEXT NOT NULL,
            app_version_id TEXT NOT NULL,
            function TEXT NOT NULL,
            attempts INTEGER NOT NULL CHECK (attempts >= 0),
            maximum_attempts INTEGER NOT NULL CHECK (maximum_attempts >= 1),
            owner TEXT,
            lease_expires_at INTEGER,
            error BLOB,
            setup TEXT NOT NULL CHECK (json_valid(setup)),
            output TEXT NOT NULL CHECK (json_valid(output)),
            input TEXT NOT NULL CHECK (json_valid(input)),
            CHECK ((owner IS NULL) = (lease_expires_at IS NULL)),
            CHECK (status < 10 OR owner IS NULL)
        ) STRICT;
        CREATE INDEX tasks_by_team ON tasks (team_id, created_at, id);
        CREATE INDEX tasks_unfinished ON tasks (status, team_id, created_at, id) WHERE status < 10;
        CREATE INDEX tasks_by_lease ON tasks (lease_expires_at) WHERE lease_expires_at IS NOT NULL;
        CREATE TRIGGER tasks_end_once BEFORE UPDATE ON tasks
        WHEN OLD.status >= 10
        BEGIN SELECT RAISE(ABORT, 'a task that has ended never changes'); END;

        CREATE TABLE task_events (
            task_id TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
            position INTEGER NOT NULL CHECK (position >= 0),
            status INTEGER NOT NULL CHECK (status BETWEEN 1 AND 13),
            time INTEGER NOT NULL,
            PRIMARY KEY (task_id, position)
        ) STRICT, WITHOUT ROWID;
        CREATE UNIQUE INDEX task_events_one_end ON task_events (task_id) WHERE status >= 10;

        -- A log is kept in pieces, so that a line more does not write the whole log anew.
        CREATE TABLE task_logs (
            task_id TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
            kind INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 4),
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            PRIMARY KEY (task_id, kind)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE task_log_pieces (
            task_id TEXT NOT NULL,
            kind INTEGER NOT NULL,
            position INTEGER NOT NULL,
            content BLOB NOT NULL,
            PRIMARY KEY (task_id, kind, position),
            FOREIGN KEY (task_id, kind) REFERENCES task_logs (task_id, kind) ON DELETE CASCADE
        ) STRICT;
        """
}
