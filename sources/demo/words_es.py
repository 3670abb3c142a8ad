"""Spanish phrases of the demo's reviews."""

from __future__ import annotations

from sources.demo.grammar import Words

WORDS = Words(
    slots={
        "device": ("móvil", "portátil", "iPad", "iPhone", "Galaxy", "ordenador del trabajo"),
        "count": ("tres", "cuatro", "cinco", "ocho", "diez", "veinte"),
        "span": ("dos semanas", "un mes", "tres meses", "medio año", "un año"),
        "tool": ("Slack", "GitHub", "Google Calendar", "Notion", "Jira", "Trello"),
        "team": ("mi equipo", "la oficina", "nuestra clase", "el estudio", "la familia"),
        "plan": ("plan Starter", "plan Team", "plan anual", "plan gratuito"),
    },
    openers={
        "good": (
            "Muy contento con Harbor.",
            "Excelente aplicación.",
            "Después de {span} la recomiendo.",
            "Nos encanta.",
        ),
        "mixed": ("No está mal.", "Tiene cosas buenas y cosas malas.", "Correcta, sin más, tras {span}."),
        "bad": (
            "Muy decepcionado.",
            "Una mala experiencia para {team}.",
            "Después de {span} la dejo.",
            "Qué desastre.",
        ),
    },
    areas={
        "onboarding": (
            ("Empezar fue muy fácil para {team}.", "Invité a {count} personas sin problemas."),
            ("El tutorial es confuso y no se puede saltar.", "La importación desde {tool} falla siempre."),
        ),
        "pricing": (
            ("El precio del {plan} es justo.", "El {plan} vale cada euro."),
            ("El {plan} es demasiado caro.", "Me cobraron dos veces y nadie devuelve el dinero."),
        ),
        "crashes": (
            ("Ni un fallo en {span}.", "Muy estable en mi {device}."),
            ("Se cierra sola en mi {device}.", "Se bloquea y he perdido el trabajo de {span}."),
        ),
        "support": (
            ("El soporte responde rápido y con amabilidad.", "Me ayudaron enseguida, un servicio estupendo."),
            ("El soporte no contesta desde hace {span}.", "Escribí {count} correos y nada, pésimo servicio."),
        ),
        "speed": (
            ("Va muy rápida en mi {device}.", "Todo carga al instante, una maravilla."),
            ("Es lentísima en mi {device}.", "Tarda demasiado en cargar, horrible."),
        ),
        "integrations": (
            ("La integración con {tool} funciona perfecta.", "Conectar {tool} fue muy sencillo."),
            ("La conexión con {tool} falla cada semana.", "Con {tool} crea tareas duplicadas, muy molesto."),
        ),
        "the game": (
            ("Llenar los barcos de tareas es muy divertido.", "Las rachas motivan a {team}, genial."),
            ("El juego aburre después de {span}.", "Demasiadas monedas y avisos, muy molesto."),
        ),
        "new editor": (
            ("La versión 2.0 es preciosa y rápida.", "El nuevo editor es fantástico."),
            ("La versión 2.0 es peor, más clics para todo.", "El nuevo editor es feo y confuso en mi {device}."),
        ),
    },
    incidents={
        "outage": ("Está caída y {team} no puede trabajar.", "No puedo entrar, solo errores en mi {device}, fatal."),
        "checkout": ("El pago falla con todas mis tarjetas.", "No pude contratar el {plan}, error al pagar."),
    },
    contexts=("La uso en mi {device}.", "Somos {count} en {team}.", "Tenemos el {plan}.", "Venimos de {tool}."),
    turns=("Pero", "Sin embargo,", "Por otro lado,"),
    closers={
        "good": ("Muy recomendable.", "Cinco estrellas.", "Gracias al equipo.", "Perfecta para {team}."),
        "mixed": ("Volveré a probar en {span}.", "A ver qué trae la próxima versión."),
        "bad": ("No la recomiendo.", "Volvemos a {tool}.", "Quiero mi dinero.", "Hemos cancelado el {plan}."),
    },
    shorts={
        "good": ("Me encanta.", "Muy buena en mi {device}.", "Genial para {team}."),
        "mixed": ("Regular en mi {device}.", "Está bien para {team}, nada más."),
        "bad": ("No funciona en mi {device}.", "Muy mala, peor que {tool}.", "Inútil para {team}."),
    },
    titles={
        "good": ("Excelente", "Genial para {team}", "Recomendable"),
        "mixed": ("Regular", "Puede mejorar"),
        "bad": ("Decepción", "No la recomiendo", "Peor que {tool}"),
    },
)
