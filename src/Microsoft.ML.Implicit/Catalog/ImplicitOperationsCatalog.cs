namespace Microsoft.ML;

/// <summary>What this library does with trainers, by its extension methods; from <see cref="ImplicitCatalog.Implicit"/>.</summary>
public sealed class ImplicitOperationsCatalog
{
    internal ImplicitOperationsCatalog()
    {
    }
}
