-- Which is the biggest deal of each status?
-- At most 1 request and 120 rows from the service.
select distinct on (statuscode) statuscodename as status, name, estimatedvalue_base as value
from opportunity
order by statuscode, estimatedvalue_base desc;
