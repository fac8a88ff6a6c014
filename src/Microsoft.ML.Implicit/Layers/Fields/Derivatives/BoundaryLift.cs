namespace Microsoft.ML.Implicit.Layers.Fields.Derivatives;

/// <summary>The polynomial a + b x + c x² of lowest degree that meets both boundary conditions of an axis.</summary>
internal sealed class BoundaryLift
{
    private readonly GridAxis _axis;
    private readonly double _constant;
    private readonly double _slope;
    private readonly double _curvature;

    public BoundaryLift(GridAxis axis)
    {
        _axis = axis;
        (BoundaryCondition lower, BoundaryCondition upper) = (axis.Lower!, axis.Upper!);
        (_constant, _slope, _curvature) = (lower.IsSlope, upper.IsSlope) switch
        {
            (true, true) => (0, lower.Value, (upper.Value - lower.Value) / (2 * axis.Length)),
            (true, false) => (upper.Value - (lower.Value * axis.Length), lower.Value, 0),
            (false, true) => (lower.Value, upper.Value, 0),
            (false, false) => (lower.Value, (upper.Value - lower.Value) / axis.Length, 0.0),
        };
    }

    /// <summary>Its values at the points.</summary>
    public double[] Values => [.. _axis.Positions.Select(x => _constant + (_slope * x) + (_curvature * x * x))];

    /// <summary>Its derivatives at the points, <c>[points, highest]</c>.</summary>
    public double[] Derivatives(int highest) =>
        [.. _axis.Positions.SelectMany(x => Enumerable.Range(1, highest).Select(m => m switch { 1 => _slope + (2 * _curvature * x), 2 => 2 * _curvature, _ => 0 }))];
}
