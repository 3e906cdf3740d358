-- When was each of the five biggest accounts last touched?
-- At most 2 requests and 316 rows from the service.
select a.name, last.subject, last.createdon::date as on_day
from (select accountid, name, revenue from account where revenue is not null order by revenue desc limit 5) a
left join lateral (
  select subject, createdon from activitypointer p
  where p.regardingobjectid = a.accountid
  order by createdon desc
  limit 1
) last on true
order by a.revenue desc;
