using BuildTools;

if (args is ["publicize", var source, var target])
{
    ReferenceAssembly.WritePublicCopy(source, target);
    return 0;
}

Console.Error.WriteLine("usage: BuildTools publicize SOURCE TARGET");
return 2;
