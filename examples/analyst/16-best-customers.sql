-- Which customers have the largest open pipeline, and who is our contact there?
-- At most 3 requests and 190 rows from the service.
select a.name, p.fullname as contact, count(*) as deals, sum(o.estimatedvalue_base) as value
from opportunity o
join account a on o.customerid = a.accountid
left join contact p on a.primarycontactid = p.contactid
where o.statecodename = 'Open'
group by a.accountid, a.name, p.fullname
order by value desc
limit 5;
