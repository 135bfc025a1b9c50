-- Searching memories by their words. An entry's occasion is the run of entries of its section that happened within an hour of
-- each other: what stands next to it there is searched along with it.
alter table memory_entries
    add column occasion integer not null default 0,
    add column place    integer not null default 0;
create index memory_entries_of_a_section on memory_entries (agent_id, section, added_in);
create index memory_entries_of_an_occasion on memory_entries (agent_id, occasion, place);

-- Which entries hold a lexeme, and how often: in the body (b), in the words of the date (d).
create table memory_postings (
    agent_id text     not null,
    lexeme   text     not null,
    occasion integer  not null,
    place    integer  not null,
    field    "char"   not null,
    times    smallint not null,
    constraint memory_postings_pkey primary key (agent_id, lexeme, occasion, place, field) include (times)
);

-- How many entries hold a lexeme, the author's name included; and, as the lexeme '', how many entries there are.
create table memory_lexemes (
    agent_id text    not null,
    lexeme   text    not null,
    entries  integer not null,
    constraint memory_lexemes_pkey primary key (agent_id, lexeme)
);

-- Forms that a stemmer does not bring together: they count as their base.
create table irregular_words (
    form text not null,
    base text not null,
    constraint irregular_words_pkey primary key (form)
);
insert into irregular_words
select distinct on (form) form, base
  from (select (ts_lexize('english_stem', form))[1] as form, (ts_lexize('english_stem', split_part(forms, ' ', 1)))[1] as base
          from unnest(array[
            'become became', 'begin began begun', 'break broke broken', 'bring brought', 'build built', 'buy bought',
            'catch caught', 'child children', 'choose chose chosen', 'come came', 'deal dealt', 'draw drew drawn',
            'drink drank drunk', 'drive drove driven', 'eat ate eaten', 'fall fell fallen', 'feed fed', 'feel felt',
            'fight fought', 'find found', 'fly flew flown', 'foot feet', 'forget forgot forgotten', 'freeze froze frozen',
            'get got gotten', 'give gave given', 'go went gone', 'grow grew grown', 'hear heard', 'hide hid hidden', 'hold held',
            'keep kept', 'know knew known', 'lead led', 'leave left', 'life lives', 'lose lost', 'make made', 'man men',
            'mean meant', 'meet met', 'mouse mice', 'pay paid', 'person people', 'ride rode ridden', 'rise rose risen', 'run ran',
            'say said', 'see saw seen', 'seek sought', 'sell sold', 'send sent', 'show shown', 'sing sang sung', 'sleep slept',
            'speak spoke spoken', 'spend spent', 'stand stood', 'steal stole stolen', 'swim swam swum', 'take took taken',
            'teach taught', 'tell told', 'think thought', 'throw threw thrown', 'tooth teeth', 'understand understood',
            'wake woke woken', 'wear wore worn', 'wife wives', 'win won', 'woman women', 'write wrote written']) as forms,
               regexp_split_to_table(forms, ' ') as form) as each
 where form <> base
 order by form, base;

-- A text's lexemes, and how often each stands there.
create function lexemes(said text) returns table (lexeme text, times integer)
    language sql stable parallel safe
begin atomic
    select coalesce(irregular.base, word.lexeme), sum(cardinality(word.positions))::integer
      from unnest(to_tsvector('english', said)) as word
      left join irregular_words as irregular on irregular.form = word.lexeme
     group by 1;
end;

-- What was remembered before there was a search. Nothing of it has another time than that of its record.
with starts as (
    select agent_id, added_in, section, text, author, at,
           coalesce(abs(at - lag(at) over (partition by agent_id, section order by added_in)) >= 3600, true) as is_first
      from memory_entries
), runs as (
    select *, max(added_in) filter (where is_first) over (partition by agent_id, section order by added_in) as first_in
      from starts
)
update memory_entries as entry
   set occasion = first_in, place = behind - 1
  from (select *, row_number() over (partition by agent_id, first_in, section order by added_in) as behind from runs) as run
 where entry.agent_id = run.agent_id and entry.added_in = run.added_in;

create temporary table words on commit drop as
select agent_id, added_in, occasion, place, field, lexeme, times
  from memory_entries
 cross join lateral (
       select 'b'::"char" as field, lexeme, times from lexemes(text)
       union all
       select 'd', lexeme, times
         from lexemes(to_char(to_timestamp(at) at time zone 'UTC', 'FMDD FMMonth YYYY FMDay'))
       union all
       select 'a', lexeme, times from lexemes(author)) as each;

insert into memory_postings (agent_id, lexeme, occasion, place, field, times)
select agent_id, lexeme, occasion, place, field, least(times, 32767) from words where field <> 'a';

insert into memory_lexemes (agent_id, lexeme, entries)
select agent_id, lexeme, count(distinct added_in) from words group by 1, 2
union all
select agent_id, '', count(*) from memory_entries group by 1;
