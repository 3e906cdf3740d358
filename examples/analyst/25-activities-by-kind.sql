-- What do we spend our time on?
-- At most 1 request and 230 rows from the service.
select activitytypecode as kind, count(*) as activities
from activitypointer
group by activitytypecode
order by activities desc, kind;
