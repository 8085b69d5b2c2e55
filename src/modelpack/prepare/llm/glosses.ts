/** What each task asks and each label means, as an LLM is told. By task; labels not named here speak for themselves. */
export interface Gloss {
  readonly task: string;
  readonly labels: Readonly<Record<string, string>>;
}

const topics = {
  general: "nothing of the other topics: small talk, general knowledge, facts of the world",
  food: "cooking, eating, drinks, recipes, diets, restaurants",
  travel: "trips, transport, hotels, places to visit, visas",
  finance: "money: banking, cards, payments, taxes, investing, budgets",
  health: "body and mind: symptoms, medicine, sport, sleep, therapy",
  work: "jobs: meetings, colleagues, careers, projects, deadlines",
  tech: "computers: software, devices, programming, networks",
  social: "people: family, friends, dating, parties, relationships",
};

const policies = {
  policy: "a rule that has to be kept: never, always, must, allowed",
  goal: "something that the speaker wants to reach",
  value: "a principle or belief that the speaker holds dear",
  causal: "one thing that brings about or prevents another",
  state: "how things are with the speaker at present",
};

export const glosses: Readonly<Record<string, Gloss>> = {
  memory_type: {
    task: "what kind of memory an assistant would file the text as",
    labels: {
      episodic_event: "something that happened at a certain time",
      semantic_fact: "a lasting fact, without time or place",
      preference: "what somebody likes or dislikes",
      constraint: "a limit or rule that has to be respected",
      procedure: "steps to do something",
      hypothesis: "a guess that is not yet proved",
      task_state: "how far a task has come",
      conversation: "an exchange of several turns, with its speakers",
      message: "one message from one person to another",
      tool_result: "the output of a program or tool",
      reasoning_step: "one step of a thought that leads to a conclusion",
      scratch: "a rough note that is soon thrown away",
      knowledge: "an explanation of how something works",
      observation: "something that was seen or measured just now",
      plan: "what is going to be done, and when",
    },
  },
  query_intent: {
    task: "what somebody who asks an assistant wants",
    labels: {
      constraint_check:
        "to know whether something is allowed by, or fits, their own rules or limits",
      tool_query: "something that needs a tool: search, a calculation, a booking, live data",
      planning: "help to plan or to organise",
      factual: "a fact",
      conversation: "to chat",
    },
  },
  query_domain: { task: "the topic of a question", labels: topics },
  constraint_dimension: {
    task: "which side of the speaker's constraints a text is about",
    labels: { ...policies, other: "none of these" },
  },
  context_tag: { task: "the topic of a note about the speaker", labels: topics },
  salience_bin: { task: "how much a text stands out", labels: levels("forgettable", "striking") },
  importance_bin: {
    task: "how important it is to remember a text",
    labels: levels("small talk that may be forgotten", "vital: health, safety, money, promises"),
  },
  confidence_bin: {
    task: "how sure the writer is",
    labels: levels("guessing, hedged with maybe or perhaps", "certain, said as a fact"),
  },
  decay_profile: {
    task: "how soon a text stops being true or useful",
    labels: {
      very_fast: "within minutes or hours",
      fast: "within days",
      medium: "within weeks or a few months",
      slow: "within years",
      very_slow: "never, or only after decades",
    },
  },
  constraint_type: {
    task: "what kind of constraint of the speaker a text states",
    labels: {
      ...policies,
      preference: "what the speaker likes better, without having to",
      constraint_other: "a constraint that is none of the other kinds",
      none: "no constraint at all",
    },
  },
  constraint_scope: {
    task: "to which topic a constraint of the speaker applies",
    labels: { none: "to none, or the text states no constraint", ...topics },
  },
  constraint_stability: {
    task: "how soon a constraint of the speaker is likely to change",
    labels: {
      stable: "hardly ever: an allergy, a faith, a law",
      semi_stable: "once in months or years: a diet, a budget, a job",
      volatile: "soon: a mood, this week's plan, a passing wish",
    },
  },
  fact_type: {
    task: "what kind of fact about the speaker a text states",
    labels: {
      none: "no fact about the speaker",
      other_fact: "a fact about the speaker of no other kind",
      preference: "what the speaker likes or dislikes",
      identity: "name, age, family, origin",
      location: "where the speaker lives or is",
      occupation: "what the speaker does for a living",
    },
  },
  pii_presence: {
    task: "whether a text holds data that identify a person",
    labels: {
      pii: "with an invented name, address, number, mail or account of a person",
      no_pii:
        "an everyday text with numbers or places perhaps, but nothing that identifies a person",
    },
  },
  conflict_detection: {
    task: "whether two statements contradict each other",
    labels: {
      conflict: "both cannot be true",
      no_conflict: "both can be true",
    },
  },
  constraint_rerank: {
    task: "whether a stored note (B) helps to answer a question (A)",
    labels: {
      relevant: "the note matters for the answer",
      not_relevant: "the note does not matter, though it may share words with the question",
    },
  },
  scope_match: {
    task: "whether two texts are about the same subject",
    labels: {
      match: "the same subject",
      no_match: "different subjects, perhaps with words in common",
    },
  },
  supersession: {
    task: "whether the second statement replaces the first",
    labels: {
      supersedes: "B is newer and makes A out of date",
      no_supersedes: "A still holds beside B",
    },
  },
};

function levels(low: string, high: string) {
  return { low, medium: `between "${low}" and "${high}"`, high };
}
