namespace Microsoft.ML.Implicit.Modelling;

/// <summary>Checks of what expressions and programs are made of.</summary>
internal static class Operands
{
    /// <summary>Throws where there is no list, or an element of it is null, which is named by its place.</summary>
    /// <param name="operands">The list.</param>
    /// <param name="name">Name of the argument.</param>
    /// <exception cref="ArgumentNullException">The list or an element is null.</exception>
    public static void RequireAll(IReadOnlyList<object?> operands, string name)
    {
        ArgumentNullException.ThrowIfNull(operands, name);
        for (int i = 0; i < operands.Count; i++)
        {
            ArgumentNullException.ThrowIfNull(operands[i], $"{name}[{i}]");
        }
    }
}
