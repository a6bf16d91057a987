-- The dashboard asks for the newest decisions of a user over all projects.
create index logs_decisions on logs (user_id, id) where level = 'agent_decision';
