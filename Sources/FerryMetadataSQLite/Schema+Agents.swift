// SPDX-License-Identifier: Apache-2.0

extension Schema {
    /// Chats, their messages, and the tasks that write these.
    ///
    /// `tasks.is_chat` is what the queue asks for, in a column of its own so that one index answers a claim. Turns are
    /// taken within a kind. `chats.worked_since` is when the agent's work began, of those at work alone. A call of a tool finds its message by a table that is filled with the message.
    static let agents = """
        ALTER TABLE tasks ADD COLUMN chat_id TEXT;
        ALTER TABLE tasks ADD COLUMN is_chat INTEGER NOT NULL DEFAULT 0 CHECK (is_chat = (chat_id IS NOT NULL));
        CREATE INDEX tasks_by_chat ON tasks (chat_id, team_id, created_at, id) WHERE chat_id IS NOT NULL;
        DROP INDEX tasks_unfinished;
        CREATE INDEX tasks_unfinished ON tasks (status, is_chat, team_id, due_at, id, run_at, session_id)
            WHERE status < 10;

        CREATE TABLE team_turns_by_kind (
            team_id TEXT NOT NULL CHECK (length(team_id) = 26),
            is_chat INTEGER NOT NULL CHECK (is_chat IN (0, 1)),
            turn INTEGER NOT NULL,
            PRIMARY KEY (team_id, is_chat)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO team_turns_by_kind (team_id, is_chat, turn) SELECT team_id, 0, turn FROM team_turns;
        DROP TABLE team_turns;
        ALTER TABLE team_turns_by_kind RENAME TO team_turns;
        CREATE INDEX team_turns_by_turn ON team_turns (turn);

        CREATE TABLE chats (
            id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 26),
            team_id TEXT NOT NULL CHECK (length(team_id) = 26),
            user_id TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            revision INTEGER NOT NULL CHECK (revision >= 0),
            status TEXT NOT NULL CHECK (status IN ('busy', 'idle', 'awaiting_input', 'waiting', 'completed')),
            worked_since INTEGER,
            name TEXT NOT NULL,
            description TEXT NOT NULL,
            agent TEXT,
            next_order INTEGER NOT NULL CHECK (next_order >= 0),
            document TEXT NOT NULL CHECK (json_valid(document))
        ) STRICT;
        CREATE INDEX chats_by_team ON chats (team_id, created_at, id);
        CREATE INDEX chats_by_update ON chats (team_id, updated_at, id);
        CREATE INDEX chats_working ON chats (worked_since, id) WHERE worked_since IS NOT NULL;
        CREATE TRIGGER chats_change_one_by_one BEFORE UPDATE ON chats
        WHEN NEW.revision <> OLD.revision + 1
        BEGIN SELECT RAISE(ABORT, 'a revision grows by one'); END;
        CREATE TRIGGER chats_stay_while_working BEFORE DELETE ON chats
        WHEN OLD.worked_since IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'a chat whose agent works stays'); END;

        CREATE TABLE chat_messages (
            id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 26),
            chat_id TEXT NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
            team_id TEXT NOT NULL CHECK (length(team_id) = 26),
            user_id TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            position INTEGER NOT NULL,
            revision INTEGER NOT NULL CHECK (revision >= 0),
            status TEXT NOT NULL CHECK (status IN ('pending', 'queued', 'ready', 'failed', 'cancelled')),
            role TEXT NOT NULL CHECK (
                role IN ('system', 'user', 'assistant', 'tool', 'injection', 'compaction', 'event')),
            document TEXT NOT NULL CHECK (json_valid(document)),
            UNIQUE (chat_id, position)
        ) STRICT;
        CREATE INDEX chat_messages_by_revision ON chat_messages (chat_id, revision);
        CREATE INDEX chat_messages_by_team ON chat_messages (team_id, created_at, id);
        CREATE TRIGGER chat_messages_stay_in_their_chat BEFORE UPDATE ON chat_messages
        WHEN NEW.chat_id <> OLD.chat_id OR NEW.team_id <> OLD.team_id OR NEW.revision < OLD.revision
        BEGIN SELECT RAISE(ABORT, 'a message stays in its chat, and never grows older'); END;

        CREATE TABLE chat_tool_invocations (
            id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 26),
            message_id TEXT NOT NULL REFERENCES chat_messages (id) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX chat_tool_invocations_by_message ON chat_tool_invocations (message_id);
        """
}
