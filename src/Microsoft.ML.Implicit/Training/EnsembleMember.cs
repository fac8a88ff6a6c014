namespace Microsoft.ML.Implicit.Training;

/// <summary>A network's place among those that are trained one after another.</summary>
/// <param name="Index">Networks trained before it.</param>
/// <param name="Count">All networks.</param>
internal sealed record EnsembleMember(int Index, int Count)
{
    /// <summary>The place of a network that is trained alone.</summary>
    public static EnsembleMember Alone { get; } = new(0, 1);

    /// <summary>Epochs that were reported before, of training in another way that keeps a check point of its own; <see langword="null"/> where there is none.</summary>
    public int? Earlier { get; init; }

    /// <summary>Its place in a check point.</summary>
    public int CheckPointIndex => Index + (Earlier is null ? 0 : 1);
}
