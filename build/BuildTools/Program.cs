using BuildTools;

switch (args)
{
    case ["publicize", var source, var target]:
        ReferenceAssembly.WritePublicCopy(source, target);
        return 0;
    case ["public-documentation", var assembly, var documentation]:
        PublicDocumentation.Keep(assembly, documentation);
        return 0;
    case ["package-readme", var source, var target, var repository, var revision]:
        PackageReadme.Write(source, target, repository, revision);
        return 0;
    default:
        Console.Error.WriteLine("usage: BuildTools publicize SOURCE TARGET | public-documentation ASSEMBLY XML | package-readme SOURCE TARGET REPOSITORY REVISION");
        return 2;
}
