namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Slots of the feature vector that give a point of a circle or sphere.</summary>
/// <param name="Indices">The slot of an angle, or those of the coordinates of a unit vector.</param>
/// <param name="Period">A full turn of an angle, or zero for a unit vector.</param>
internal sealed record SphereSlots(IReadOnlyList<int> Indices, double Period)
{
    public bool IsAngle => Indices.Count == 1;

    /// <summary>Length of the unit vector.</summary>
    public int Width => IsAngle ? 2 : Indices.Count;
}
