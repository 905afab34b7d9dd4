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
        <source>%n intact region(s) outlined on the picture. Click one, or</source>
        <translation>
            <numerusform>%n intact region outlined on the picture. Click it, or</numerusform>
            <numerusform>%n intact regions outlined on the picture. Click one, or</numerusform>
        </translation>
    </message>
</context>
</TS>
