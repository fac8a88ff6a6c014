// Known to the runtime by its full name, declared by whoever needs it.
namespace System.Runtime.CompilerServices;

/// <summary>Lets this assembly use the internal members of the named one at run time.</summary>
/// <param name="assemblyName">Simple name of the other assembly.</param>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
internal sealed class IgnoresAccessChecksToAttribute(string assemblyName) : Attribute
{
    /// <summary>Simple name of the other assembly.</summary>
    public string AssemblyName { get; } = assemblyName;
}
