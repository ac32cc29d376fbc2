// SPDX-License-Identifier: Apache-2.0

extension Schema {
    /// Deliveries know their team, and whether somebody tries them (`is_held`, until `due_at`). Made anew, because a
    /// column that may not be null cannot be added to what is there. The trigger comes off first: its text names the
    /// table.
    static let webhookTeams = """
        DROP TRIGGER tasks_tell_their_end;
        CREATE TABLE webhook_deliveries_by_team (
            task_id TEXT NOT NULL PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE,
            team_id TEXT NOT NULL CHECK (length(team_id) = 26),
            due_at INTEGER NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
            is_held INTEGER NOT NULL DEFAULT 0 CHECK (is_held IN (0, 1))
        ) STRICT;
        INSERT INTO webhook_deliveries_by_team (task_id, team_id, due_at, attempts)
            SELECT task_id, team_id, webhook_deliveries.due_at, webhook_deliveries.attempts
            FROM webhook_deliveries JOIN tasks ON tasks.id = task_id;
        DROP TABLE webhook_deliveries;
        ALTER TABLE webhook_deliveries_by_team RENAME TO webhook_deliveries;
        CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (due_at, task_id);
        CREATE INDEX webhook_deliveries_by_team ON webhook_deliveries (team_id, due_at, task_id);
        CREATE INDEX webhook_deliveries_held ON webhook_deliveries (team_id, due_at) WHERE is_held = 1;
        CREATE TRIGGER tasks_tell_their_end AFTER UPDATE OF status ON tasks
        WHEN NEW.status >= 10 AND OLD.status < 10 AND NEW.webhook IS NOT NULL
        BEGIN
            INSERT INTO webhook_deliveries (task_id, team_id, due_at) VALUES (NEW.id, NEW.team_id, NEW.updated_at);
        END;
        """
}
