<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en">
<context>
    <name>HistoryPanel</name>
    <message numerus="yes">
        <source>%n step(s)</source>
        <translation>
            <numerusform>%n step</numerusform>
            <numerusform>%n steps</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>StylePanel</name>
    <message numerus="yes">
        <source>%n reference(s)</source>
        <translation>
            <numerusform>%n reference</numerusform>
            <numerusform>%n references</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n region(s) suggested: click one to use it</source>
        <translation>
            <numerusform>%n region suggested: click it to use it</numerusform>
            <numerusform>%n regions suggested: click one to use it</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Classes</name>
    <message numerus="yes">
        <source>%n piece(s)</source>
        <translation>
            <numerusform>%n piece</numerusform>
            <numerusform>%n pieces</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ArchivedResultsMenu</name>
    <message numerus="yes">
        <source>{0} · {1}, %n region(s)</source>
        <translation>
            <numerusform>{0} · {1}, %n region</numerusform>
            <numerusform>{0} · {1}, %n regions</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ImportMaskDialog</name>
    <message numerus="yes">
        <source>%n region(s)</source>
        <translation>
            <numerusform>%n region</numerusform>
            <numerusform>%n regions</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>RestorePanel</name>
    <message numerus="yes">
        <source>%n region(s)</source>
        <translation>
            <numerusform>%n region</numerusform>
            <numerusform>%n regions</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tile(s)</source>
        <translation>
            <numerusform>%n tile</numerusform>
            <numerusform>%n tiles</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Deciding</name>
    <message numerus="yes">
        <source>%n region(s) accepted. Export writes what is accepted into a copy of the scan.</source>
        <translation>
            <numerusform>%n region accepted. Export writes what is accepted into a copy of the scan.</numerusform>
            <numerusform>%n regions accepted. Export writes what is accepted into a copy of the scan.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>In %n region(s) the hypothesis that you accepted stays.</source>
        <translation>
            <numerusform>In %n region the hypothesis that you accepted stays.</numerusform>
            <numerusform>In %n regions the hypothesis that you accepted stays.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n region(s) of other results are no longer accepted: they are replaced.</source>
        <translation>
            <numerusform>%n region of another result is no longer accepted: it is replaced.</numerusform>
            <numerusform>%n regions of other results are no longer accepted: they are replaced.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Restoring</name>
    <message numerus="yes">
        <source>Restored: %n region(s), {0} px in {1} s. Accept the result, or try another variation.</source>
        <translation>
            <numerusform>Restored: %n region, {0} px in {1} s. Accept the result, or try another variation.</numerusform>
            <numerusform>Restored: %n regions, {0} px in {1} s. Accept the result, or try another variation.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>QueueDialog</name>
    <message numerus="yes">
        <source>%n painting(s) added.</source>
        <translation>
            <numerusform>%n painting added.</numerusform>
            <numerusform>%n paintings added.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n painting(s) in the list already.</source>
        <translation>
            <numerusform>%n painting is in the list already.</numerusform>
            <numerusform>%n paintings are in the list already.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n job file(s) can&apos;t be read (%1): add the scans again.</source>
        <translation>
            <numerusform>%n job file can&apos;t be read (%1): add the scans again.</numerusform>
            <numerusform>%n job files can&apos;t be read (%1): add the scans again.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Rescue</name>
    <message numerus="yes">
        <source>%n part(s) are lost; Copy diagnostics lists them.</source>
        <translation>
            <numerusform>%n part is lost; Copy diagnostics lists it.</numerusform>
            <numerusform>%n parts are lost; Copy diagnostics lists them.</numerusform>
        </translation>
    </message>
</context>
</TS>
