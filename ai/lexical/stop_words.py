"""Words that carry grammar rather than subject, by grammatical class, French and English.

The question words belong to it: "what", "comment", "peut-on" say how one asks, not what about.
Apostrophes and hyphens have already parted words here, hence the fragments ("l", "qu", "t", "ll").
"""

from __future__ import annotations

_FRENCH = """
l le la les un une des d de du au aux
ce c cet cette ces ci ça cela ceci celui celle ceux celles
mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs nôtre vôtre
j je m me moi t te toi tu il ils elle elles s se soi on nous vous lui eux y en
qui que qu quoi dont où quel quelle quels quelles
lequel laquelle lesquels lesquelles duquel auquel desquels desquelles auxquels auxquelles
à dans par pour sur sous avec sans chez vers entre depuis pendant lors dès jusque jusqu contre
et ou mais donc or ni car si comme lorsque lorsqu puisque puisqu quand quoique quoiqu afin
n ne non pas plus moins très trop peu même mêmes aussi ainsi alors encore déjà là ici tout toute
tous toutes
suis es est sommes êtes sont étais était étions étiez étaient serai seras sera serons serez seront
serais serait serions seriez seraient fut furent fus sois soit soyons soyez soient été étant être
ai as a avons avez ont avais avait avions aviez avaient aurai auras aura aurons aurez auront
aurais aurait aurions auriez auraient eut eurent eu eue eus eues aie aies ait ayons ayez aient
ayant avoir
peut peux peuvent pouvez pouvons puis pourra pourrait dois doit doivent devez devons devra devrait
faut fait faire fais faites font
comment combien pourquoi cas
"""

_ENGLISH = """
a an the this that these those such
i me my mine myself we us our ours ourselves you your yours yourself yourselves
he him his himself she her hers herself it its itself they them their theirs themselves
of in on at by to from for with without about against between among into through during before
after above below up down out off over under within upon
and or nor but if while because as until than so though although whether
no not only own same too very just also again further then once here there
all any both each few more most other some
am is are was were be been being have has had having do does did doing done
will would shall should can could may might must ought cannot
what which who whom whose when where why how
s t d m ll re ve
don didn doesn isn aren wasn weren won wouldn couldn shouldn hasn haven hadn mustn needn
"""

FRENCH = frozenset(_FRENCH.split())
ENGLISH = frozenset(_ENGLISH.split())
