using BuildTools;

if (args is ["publicize", var source, var target])
{
    ReferenceAssembly.WritePublicCopy(source, target);
    return 0;
}

if (args is ["relax-glibcxx", var library])
{
    ElfVersionRequirements.RelaxUnmet(library, "GLIBCXX_3.4.32");
    return 0;
}

Console.Error.WriteLine("usage: BuildTools publicize SOURCE TARGET | relax-glibcxx LIBRARY");
return 2;
