CREATE TABLE activity (
    id SERIAL NOT NULL,
    cloud TEXT NOT NULL,
    at TEXT NOT NULL,
    publish_rate DOUBLE PRECISION,
    insert_rate DOUBLE PRECISION,
    CONSTRAINT pk_activity PRIMARY KEY (id)
);
CREATE INDEX ix_activity_cloud ON activity (cloud);
CREATE TABLE lease (
    cloud TEXT NOT NULL,
    owner TEXT NOT NULL,
    token INTEGER NOT NULL,
    expires_at DOUBLE PRECISION NOT NULL,
    stage TEXT NOT NULL,
    since DOUBLE PRECISION NOT NULL,
    CONSTRAINT pk_lease PRIMARY KEY (cloud)
);
CREATE TABLE schema_version (
    version SERIAL NOT NULL,
    at TEXT NOT NULL,
    CONSTRAINT pk_schema_version PRIMARY KEY (version)
);
CREATE TABLE turns (
    id SERIAL NOT NULL,
    cloud TEXT NOT NULL,
    at TEXT NOT NULL,
    agents TEXT NOT NULL,
    CONSTRAINT pk_turns PRIMARY KEY (id)
);
CREATE INDEX ix_turns_cloud ON turns (cloud);
CREATE TABLE upgrades (
    id SERIAL NOT NULL,
    cloud TEXT NOT NULL,
    at TEXT NOT NULL,
    path TEXT NOT NULL,
    releases TEXT NOT NULL,
    "to" TEXT NOT NULL,
    plan_hash TEXT NOT NULL,
    "plan" TEXT NOT NULL,
    CONSTRAINT pk_upgrades PRIMARY KEY (id)
);
CREATE INDEX ix_upgrades_cloud ON upgrades (cloud);
CREATE TABLE accepted_findings (
    id SERIAL NOT NULL,
    upgrade_id INTEGER NOT NULL,
    at TEXT NOT NULL,
    finding TEXT NOT NULL,
    reason TEXT NOT NULL,
    CONSTRAINT pk_accepted_findings PRIMARY KEY (id),
    CONSTRAINT fk_accepted_findings_upgrade_id FOREIGN KEY(upgrade_id) REFERENCES upgrades (id)
);
CREATE INDEX ix_accepted_findings_upgrade_id ON accepted_findings (upgrade_id);
CREATE TABLE approvals (
    id SERIAL NOT NULL,
    upgrade_id INTEGER NOT NULL,
    at TEXT NOT NULL,
    plan_hash TEXT NOT NULL,
    name TEXT NOT NULL,
    how TEXT NOT NULL,
    CONSTRAINT pk_approvals PRIMARY KEY (id),
    CONSTRAINT fk_approvals_upgrade_id FOREIGN KEY(upgrade_id) REFERENCES upgrades (id)
);
CREATE INDEX ix_approvals_upgrade_id ON approvals (upgrade_id);
CREATE TABLE baselines (
    id SERIAL NOT NULL,
    upgrade_id INTEGER NOT NULL,
    at TEXT NOT NULL,
    instances TEXT NOT NULL,
    CONSTRAINT pk_baselines PRIMARY KEY (id),
    CONSTRAINT fk_baselines_upgrade_id FOREIGN KEY(upgrade_id) REFERENCES upgrades (id)
);
CREATE INDEX ix_baselines_upgrade_id ON baselines (upgrade_id);
CREATE TABLE documents (
    id SERIAL NOT NULL,
    upgrade_id INTEGER NOT NULL,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    CONSTRAINT pk_documents PRIMARY KEY (id),
    CONSTRAINT fk_documents_upgrade_id FOREIGN KEY(upgrade_id) REFERENCES upgrades (id)
);
CREATE INDEX ix_documents_upgrade_id ON documents (upgrade_id);
CREATE TABLE evidence (
    id SERIAL NOT NULL,
    upgrade_id INTEGER NOT NULL,
    at TEXT NOT NULL,
    node TEXT NOT NULL,
    release TEXT NOT NULL,
    detail TEXT NOT NULL,
    CONSTRAINT pk_evidence PRIMARY KEY (id),
    CONSTRAINT fk_evidence_upgrade_id FOREIGN KEY(upgrade_id) REFERENCES upgrades (id)
);
CREATE INDEX ix_evidence_upgrade_id ON evidence (upgrade_id);
CREATE TABLE hosts_aside (
    id SERIAL NOT NULL,
    upgrade_id INTEGER NOT NULL,
    at TEXT NOT NULL,
    host TEXT NOT NULL,
    reason TEXT NOT NULL,
    CONSTRAINT pk_hosts_aside PRIMARY KEY (id),
    CONSTRAINT fk_hosts_aside_upgrade_id FOREIGN KEY(upgrade_id) REFERENCES upgrades (id)
);
CREATE INDEX ix_hosts_aside_upgrade_id ON hosts_aside (upgrade_id);
CREATE TABLE runs (
    id SERIAL NOT NULL,
    upgrade_id INTEGER NOT NULL,
    at TEXT NOT NULL,
    command TEXT NOT NULL,
    owner TEXT NOT NULL,
    token INTEGER NOT NULL,
    CONSTRAINT pk_runs PRIMARY KEY (id),
    CONSTRAINT fk_runs_upgrade_id FOREIGN KEY(upgrade_id) REFERENCES upgrades (id)
);
CREATE INDEX ix_runs_upgrade_id ON runs (upgrade_id);
CREATE TABLE upgrade_ends (
    id SERIAL NOT NULL,
    upgrade_id INTEGER NOT NULL,
    at TEXT NOT NULL,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL,
    CONSTRAINT pk_upgrade_ends PRIMARY KEY (id),
    CONSTRAINT uq_upgrade_ends_upgrade_id UNIQUE (upgrade_id),
    CONSTRAINT fk_upgrade_ends_upgrade_id FOREIGN KEY(upgrade_id) REFERENCES upgrades (id)
);
CREATE TABLE hosts_back (
    id SERIAL NOT NULL,
    aside_id INTEGER NOT NULL,
    at TEXT NOT NULL,
    how TEXT NOT NULL,
    CONSTRAINT pk_hosts_back PRIMARY KEY (id),
    CONSTRAINT uq_hosts_back_aside_id UNIQUE (aside_id),
    CONSTRAINT fk_hosts_back_aside_id FOREIGN KEY(aside_id) REFERENCES hosts_aside (id)
);
CREATE TABLE intents (
    id SERIAL NOT NULL,
    run_id INTEGER NOT NULL,
    at TEXT NOT NULL,
    node TEXT NOT NULL,
    host TEXT NOT NULL,
    summary TEXT NOT NULL,
    CONSTRAINT pk_intents PRIMARY KEY (id),
    CONSTRAINT fk_intents_run_id FOREIGN KEY(run_id) REFERENCES runs (id)
);
CREATE INDEX ix_intents_run_id ON intents (run_id);
CREATE INDEX ix_intents_run_node ON intents (run_id, node);
CREATE TABLE intervals (
    id SERIAL NOT NULL,
    run_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    label TEXT NOT NULL,
    start DOUBLE PRECISION NOT NULL,
    "end" DOUBLE PRECISION NOT NULL,
    CONSTRAINT pk_intervals PRIMARY KEY (id),
    CONSTRAINT fk_intervals_run_id FOREIGN KEY(run_id) REFERENCES runs (id)
);
CREATE INDEX ix_intervals_run_id ON intervals (run_id);
CREATE TABLE readings (
    id SERIAL NOT NULL,
    run_id INTEGER NOT NULL,
    at DOUBLE PRECISION NOT NULL,
    subject TEXT NOT NULL,
    value DOUBLE PRECISION NOT NULL,
    CONSTRAINT pk_readings PRIMARY KEY (id),
    CONSTRAINT fk_readings_run_id FOREIGN KEY(run_id) REFERENCES runs (id)
);
CREATE INDEX ix_readings_run_id ON readings (run_id);
CREATE TABLE run_ends (
    id SERIAL NOT NULL,
    run_id INTEGER NOT NULL,
    at TEXT NOT NULL,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL,
    CONSTRAINT pk_run_ends PRIMARY KEY (id),
    CONSTRAINT uq_run_ends_run_id UNIQUE (run_id),
    CONSTRAINT fk_run_ends_run_id FOREIGN KEY(run_id) REFERENCES runs (id)
);
CREATE TABLE outcomes (
    id SERIAL NOT NULL,
    intent_id INTEGER NOT NULL,
    at TEXT NOT NULL,
    status TEXT NOT NULL,
    detail TEXT NOT NULL,
    CONSTRAINT pk_outcomes PRIMARY KEY (id),
    CONSTRAINT uq_outcomes_intent_id UNIQUE (intent_id),
    CONSTRAINT fk_outcomes_intent_id FOREIGN KEY(intent_id) REFERENCES intents (id)
);
