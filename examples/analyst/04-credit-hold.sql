-- Which accounts on credit hold are still active?
-- At most 1 request and 11 rows from the service.
select name, revenue, primarycontactidname as contact
from account
where creditonhold and statecodename = 'Active'
order by name, revenue;
