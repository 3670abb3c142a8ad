"""German phrases of the demo's reviews."""

from __future__ import annotations

from sources.demo.grammar import Words

WORDS = Words(
    slots={
        "device": ("iPhone", "iPad", "Galaxy", "Laptop", "Pixel", "Dienstrechner"),
        "count": ("drei", "vier", "fünf", "acht", "zehn", "zwanzig"),
        "span": ("zwei Wochen", "einem Monat", "drei Monaten", "einem halben Jahr", "einem Jahr"),
        "tool": ("Slack", "GitHub", "Google Kalender", "Notion", "Jira", "Trello"),
        "team": ("unser Team", "das ganze Büro", "unsere Klasse", "der Verein", "die Familie"),
        "plan": ("Starter-Tarif", "Team-Tarif", "Jahrestarif", "Gratis-Tarif"),
    },
    openers={
        "good": ("Sehr zufrieden mit Harbor.", "Tolle App.", "Nach {span} klare Empfehlung.", "Wirklich gut gemacht."),
        "mixed": ("Ganz in Ordnung.", "Licht und Schatten.", "Nach {span} gemischte Gefühle."),
        "bad": ("Sehr enttäuscht.", "Leider ein Fehlkauf.", "Nach {span} gebe ich auf.", "So nicht."),
    },
    areas={
        "onboarding": (
            ("Der Einstieg war kinderleicht.", "Einladungen an {count} Leute klappten sofort, super."),
            (
                "Die Einführung ist verwirrend und nicht zu überspringen.",
                "Import aus {tool} schlägt immer fehl, ärgerlich.",
            ),
        ),
        "pricing": (
            ("Der {plan} ist seinen Preis wert.", "Preis und Leistung stimmen beim {plan}."),
            ("Der {plan} ist viel zu teuer.", "Preis ohne Ankündigung erhöht, unverschämt."),
        ),
        "crashes": (
            ("Läuft seit {span} ohne Absturz.", "Sehr stabil auf meinem {device}."),
            ("Stürzt auf meinem {device} ständig ab.", "Nach dem Absturz waren alle Notizen weg, furchtbar."),
        ),
        "support": (
            ("Der Kundendienst antwortet schnell und freundlich.", "Nette Leute mit Ahnung im Support, toll."),
            ("Der Kundendienst meldet sich seit {span} nicht.", "Support-Anfrage ohne Antwort geschlossen, schlecht."),
        ),
        "speed": (
            ("Sehr schnell auf meinem {device}.", "Alles lädt sofort, herrlich."),
            ("Furchtbar langsam auf meinem {device}.", "Die Suche dauert ewig, unbrauchbar."),
        ),
        "integrations": (
            ("Die Anbindung an {tool} läuft perfekt.", "Mit {tool} verbunden in fünf Minuten, prima."),
            ("Die Anbindung an {tool} bricht jede Woche ab.", "Mit {tool} entstehen doppelte Aufgaben, sehr lästig."),
        ),
        "the game": (
            (
                "Schiffe mit erledigten Aufgaben zu füllen macht richtig Spaß.",
                "Dank der Serien ist {team} motiviert, großartig.",
            ),
            ("Das Spiel wird nach {span} langweilig.", "Zu viele Münzen und Hinweise, das nervt."),
        ),
        "new editor": (
            ("Der neue Editor ist fantastisch.", "Die Version 2.0 ist schön und schnell."),
            (
                "Der neue Editor ist unübersichtlich und hässlich.",
                "Seit 2.0 fehlt auf meinem {device} die Hälfte, schade.",
            ),
        ),
    },
    incidents={
        "outage": (
            "Seit gestern nicht erreichbar, {team} steht still.",
            "Anmeldung unmöglich, nur Fehler, katastrophal.",
        ),
        "checkout": (
            "Die Zahlung schlägt mit jeder Karte fehl.",
            "Konnte den {plan} nicht kaufen, Fehler beim Bezahlen.",
        ),
    },
    contexts=(
        "Ich nutze es auf meinem {device}.",
        "Wir sind {count} Leute.",
        "Wir haben den {plan}.",
        "Vorher hatten wir {tool}.",
    ),
    turns=("Aber:", "Andererseits:", "Trotzdem:"),
    closers={
        "good": ("Sehr zu empfehlen.", "Fünf Sterne.", "Danke an das Team.", "Gerne wieder."),
        "mixed": ("In {span} schaue ich noch einmal.", "Mal sehen, was das nächste Update bringt."),
        "bad": (
            "Nicht zu empfehlen.",
            "Zurück zu {tool}.",
            "Ich will mein Geld zurück.",
            "Den {plan} haben wir gekündigt.",
        ),
    },
    shorts={
        "good": ("Einfach gut.", "Super auf meinem {device}.", "Besser als {tool}."),
        "mixed": ("Geht so auf meinem {device}.", "Ganz okay, {tool} kann das auch."),
        "bad": ("Taugt nichts auf meinem {device}.", "Schlechter als {tool}.", "Leider unbrauchbar."),
    },
    titles={
        "good": ("Klasse", "Empfehlung", "Besser als {tool}"),
        "mixed": ("Geht so", "Mit Luft nach oben"),
        "bad": ("Enttäuschend", "Finger weg", "Schlechter als {tool}"),
    },
)
