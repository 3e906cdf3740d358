-- Which of the biggest accounts has nobody had a task or a call about?
-- At most 3 requests and 69 rows from the service.
select name, revenue
from account a
where revenue > 1000000
  and not exists (select 1 from task t where t.regardingobjectid = a.accountid)
  and not exists (select 1 from phonecall p where p.regardingobjectid = a.accountid)
order by revenue desc
limit 5;
