-- What do our contacts do for a living?
-- At most 1 request and 175 rows from the service.
select jobtitle, count(*) as contacts
from contact
where jobtitle is not null
group by jobtitle
order by contacts desc, jobtitle;
