-- Which step was under way when a request's answer ended; none for planning, and for rows of earlier versions.
alter table usage add column step text;
