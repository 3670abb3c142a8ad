"""English phrases of the demo's reviews."""

from __future__ import annotations

from sources.demo.grammar import Mood, Phrases, Words

_SLOTS = {
    "device": (
        "Pixel 7",
        "iPhone 13",
        "iPad",
        "Galaxy S22",
        "old ThinkPad",
        "MacBook Air",
        "Steam Deck",
        "work laptop",
    ),
    "count": ("three", "four", "five", "six", "eight", "a dozen", "fifteen", "twenty"),
    "time": ("two minutes", "ten minutes", "half an hour", "an hour", "an afternoon", "a whole evening"),
    "span": ("two weeks", "a month", "three months", "half a year", "a year", "almost two years"),
    "tool": ("Slack", "GitHub", "Google Calendar", "Notion", "Zapier", "Outlook", "Jira", "Discord"),
    "plan": ("Starter plan", "Team plan", "Business plan", "yearly plan", "free tier"),
    "price": ("12 dollars", "48 dollars", "five dollars a seat", "149 a month", "20 euros"),
    "format": ("CSV", "PDF", "Excel", "JSON", "Word"),
    "team": (
        "our design team",
        "my class",
        "our studio",
        "the whole office",
        "our sales team",
        "my family",
        "the guild",
    ),
    "moment": ("last night", "this morning", "yesterday", "every Monday", "in the middle of a meeting", "on the train"),
    "task": (
        "sprint planning",
        "client work",
        "homework",
        "invoices",
        "shift plans",
        "our launch",
        "the weekly review",
    ),
}
_OPENERS: dict[Mood, Phrases] = {
    "good": (
        *("Really happy with Harbor.", "Best planner I have used in {span}.", "We love this app.", "What a gem."),
        *("Harbor turned {task} into something fun.", "After {span} I can recommend it with a clear conscience."),
        *("Did not expect to like it this much.", "Excellent tool for {team}.", "Great idea and very well made."),
    ),
    "mixed": (
        *("It is okay.", "Good ideas, rough edges.", "I wanted to love it.", "Some parts shine, some do not."),
        *(
            "Decent planner for {team}, nothing more.",
            "Three stars after {span}.",
            "Half great, half work in progress.",
        ),
    ),
    "bad": (
        *(
            "Very disappointed.",
            "I really regret switching to Harbor.",
            "This was a bad decision for {team}.",
            "Not again.",
        ),
        *(
            "After {span} I am giving up on it.",
            "Frustrating from start to finish.",
            "I expected far more for the money.",
        ),
        *("It used to be good, now it is a mess.", "Avoid it for {task}.", "Terrible experience lately."),
    ),
}
_AREAS = {
    "onboarding": (
        (
            *(
                "The tour got {team} going in {time}.",
                "Setup was easy and took {time}.",
                "Importing our old boards just worked.",
            ),
            *(
                "New people understand the ships and crates at once.",
                "Inviting {count} colleagues was wonderfully simple.",
            ),
            *(
                "I started with the sample harbor and felt at home after {time}.",
                "The first steps are explained clearly.",
            ),
        ),
        (
            *(
                "The tutorial is confusing and I could not skip it.",
                "It took {time} to invite {count} people, which is awful.",
            ),
            *("Import from {tool} failed with a useless error.", "Nobody in {team} understood where to begin."),
            *("Sign-up asked for a card before I had seen anything.", "Setup is a maze of badly named menus."),
            *("The confirmation mail never came, so I lost {time}.",),
        ),
    ),
    "pricing": (
        (
            *(
                "Fair price, the {plan} covers all we need.",
                "{price} is great value for what it does.",
                "The {plan} is generous.",
            ),
            *("We pay less than for our old tool and get more.", "No hidden costs, very honest billing."),
            *("Upgrading to the {plan} paid for itself in {span}.",),
        ),
        (
            *("{price} is far too expensive for {team}.", "They raised the price of the {plan} without a word."),
            *(
                "I was charged twice and still wait for my refund.",
                "The {plan} locks away basic things, that feels greedy.",
            ),
            *("Cancelling the {plan} was a nightmare.", "Paying per seat is unfair when {count} people only look on."),
        ),
    ),
    "crashes": (
        (
            *(
                "Not a single crash in {span}.",
                "Rock solid on my {device}.",
                "The last update fixed the crashes, thank you.",
            ),
            *("It is stable and reliable even with {count} boards open.", "I never lost any work here."),
        ),
        (
            *("It crashed {moment} and took my notes with it.", "Keeps freezing on my {device}."),
            *(
                "The app closes itself whenever I open {count} boards.",
                "Error 500 again {moment}, I lost {time} of work.",
            ),
            *("Crashes on start since the last update.", "My streak was gone after a crash, so annoying."),
            *("It hangs {moment} and I have to kill it.",),
        ),
    ),
    "support": (
        (
            *("Support answered within {time} and solved it.", "The people in the chat are kind and competent."),
            *("A real person helped me with {task}, superb.", "Support even called back, I was impressed."),
            *("My bug report was fixed in {span}, well done.",),
        ),
        (
            *("Support never answered my {count} mails.", "The chat bot is useless and no human ever shows up."),
            *("I waited {span} for a reply that did not help.", "Support was rude and closed my ticket."),
            *("They sent me the same wrong link {count} times.",),
        ),
    ),
    "speed": (
        (
            *(
                "It is fast, even on my {device}.",
                "Boards load instantly.",
                "Search finds everything in a blink, love it.",
            ),
            *("Much faster than {tool}.", "Smooth scrolling with hundreds of cards."),
            *("Sync between my {device} and the web is quick.",),
        ),
        (
            *(
                "So slow that {team} went back to paper.",
                "Boards take {time} to load, unusable.",
                "Search is painfully slow.",
            ),
            *("It drains the battery of my {device} and lags.", "Every click waits, worst {moment}."),
            *("With {count} projects it gets terribly sluggish.",),
        ),
    ),
    "integrations": (
        (
            *("The {tool} integration works perfectly.", "Connecting {tool} took {time} and has run since."),
            *(
                "Love that tasks from {tool} arrive as cargo.",
                "The API is clean, I built our own {tool} bridge in {time}.",
            ),
            *("Webhooks are reliable and well documented.",),
        ),
        (
            *("The {tool} integration breaks every week.", "{tool} sync creates duplicates, a real pain."),
            *(
                "No proper {tool} support after {span} of promises.",
                "Webhooks arrive late or not at all, very unreliable.",
            ),
            *("It lost the connection to {tool} {moment} and nobody told us.",),
        ),
    ),
    "export": (
        (
            *("Export to {format} is a great help for {task}.", "I can take all my data out as {format}, very good."),
            *("The monthly report looks lovely and takes {time}.", "Clean {format} files, our accountant is happy."),
        ),
        (
            *("Export to {format} is broken, half the rows are missing.", "The {format} report shows wrong totals."),
            *("No way to get my data out as {format}, that is poor.", "Exports time out for {task}, useless."),
            *("Dates in the {format} file are a mess.",),
        ),
    ),
    "mobile app": (
        (
            *("The mobile app is beautiful and works offline.", "I plan {task} on my {device} and it is a joy."),
            *("Notifications on my {device} are just right.", "The new widget is brilliant."),
        ),
        (
            *("The mobile app is an ugly afterthought.", "Offline mode on my {device} lost {time} of changes."),
            *(
                "Notifications arrive hours late on my {device}, bad.",
                "Half of the buttons do not fit the screen of my {device}.",
            ),
            *("I get logged out of the app {moment}, so annoying.",),
        ),
    ),
    "the game": (
        (
            *("Filling ships with finished tasks is addictive fun.", "The streaks keep {team} motivated, brilliant."),
            *(
                "My harbor is growing and so is my done list, delightful.",
                "Storms before deadlines are a hilarious touch.",
            ),
            *("Even {team} enjoys {task} now.",),
        ),
        (
            *("The game part is boring after {span}.", "Losing my fleet because of a sick day felt unfair."),
            *("Too many coins and pop-ups, distracting and childish.", "The lighthouse event was a stupid grind."),
        ),
    ),
    "new editor": (
        (
            *("The new editor in 2.0 is fantastic.", "2.0 feels fresh and so much quicker for {task}."),
            *("Version 2.0 finally has dark mode, gorgeous.", "The redesign is beautiful and clear, great job."),
        ),
        (
            *("The new editor hides what I need for {task}.", "2.0 broke my shortcuts, I am annoyed."),
            *(
                "I hate the redesign, everything takes more clicks.",
                "Since 2.0 the fonts are ugly and too small on my {device}.",
            ),
        ),
    ),
}
_INCIDENTS = {
    "outage": (
        *(
            "It has been down for hours and {team} cannot work.",
            "Cannot sign in, only errors, terrible timing for {task}.",
        ),
        *("The app crashes at login on my {device}.", "Sync failed and {time} of work is lost, awful."),
        *("Servers down again, no status page, no answer.", "Error 503 all day, {count} of us locked out."),
        *(
            "It crashed {moment} and now shows an empty harbor, horrible.",
            "Outage right before {task}, we lost a client.",
        ),
    ),
    "checkout": (
        *(
            "Payment fails with every card I own, I wanted the {plan}.",
            "The checkout is broken, {count} attempts and no {plan}.",
        ),
        *(
            "Card declined {moment} although my bank says it is fine, annoying.",
            "Could not upgrade, the pay button does nothing.",
        ),
        *("Paid {price} and still no {plan}, bad.", "The checkout page on my {device} just spins, useless."),
    ),
}
_CONTEXTS = (
    *("I use it for {task} on my {device}.", "We are {count} people in {team}.", "Switched from {tool} {span} ago."),
    *(
        "We have the {plan}.",
        "I have used it daily for {span}.",
        "Mostly on my {device}.",
        "Tried it for {task} first.",
    ),
    *("My boss picked it for {team}.", "About {count} boards, mostly {task}.", "I opened it {moment} for {task}."),
)
_TURNS = ("But", "However,", "On the other hand,", "Then again,", "That said,")
_CLOSERS: dict[Mood, Phrases] = {
    "good": (
        *("Five stars.", "Keep it up!", "Highly recommended.", "Would buy again.", "Thanks to the team behind it."),
        *("I recommend it to anyone who does {task}.", "Perfect for {team}.", "Can't wait for the next update."),
    ),
    "mixed": (
        *("I will look again in {span}.", "Fine for {task}, not for {team}.", "Let's see what the next update brings."),
        *("Worth a try, no more.", "Staying on the {plan} for now."),
    ),
    "bad": (
        *(
            "I want my money back.",
            "Going back to {tool}.",
            "Please fix this.",
            "We cancelled the {plan}.",
            "One star.",
        ),
        *("Do not waste {time} on it.", "Stay away.", "I would not recommend it to {team}.", "What a waste of {time}."),
    ),
}
_SHORTS: dict[Mood, Phrases] = {
    "good": (
        *(
            "Love it.",
            "Great app for {task}.",
            "Awesome, {team} is hooked.",
            "Simply good.",
            "Fun and useful on my {device}.",
        ),
        *("10/10 for {task}.", "Works great with {tool}.", "Best planner since {tool}.", "Superb, worth {price}."),
    ),
    "mixed": (
        *("It's ok for {task}.", "Average.", "Fine, but {tool} does it too.", "Meh on my {device}, nice on the web."),
        *("Good idea, could be quicker.", "Nice for {count} people, not for more."),
    ),
    "bad": (
        *(
            "Waste of money.",
            "Useless for {task}.",
            "Bad on my {device}.",
            "Worse than {tool}.",
            "Broken {moment}. Again.",
        ),
        *("Terrible, {team} hates it.", "Not worth {price}.", "Unusable since the update."),
    ),
}
_TITLES: dict[Mood, Phrases] = {
    "good": ("Great for {team}", "Love it", "Worth {price}", "A joy to use", "Finally {task} is fun", "Recommended"),
    "mixed": ("Okay", "Mixed feelings", "Good, not great", "Has potential", "Nice for {task}"),
    "bad": ("Disappointed", "Stay away", "Not for {task}", "Money wasted", "Frustrating", "Worse than {tool}"),
}
WORDS = Words(
    slots=_SLOTS,
    openers=_OPENERS,
    areas=_AREAS,
    incidents=_INCIDENTS,
    contexts=_CONTEXTS,
    turns=_TURNS,
    closers=_CLOSERS,
    shorts=_SHORTS,
    titles=_TITLES,
)
