namespace Microsoft.ML.Implicit.Solvers.Sde.Brownian;

/// <summary>
/// The law of a Brownian path on the two parts of an interval, given its increment W and space-time Lévy area H on the whole: with
/// independent standard normal X and Y, the left part has W₁ = θW + <see cref="Area"/>·H + <see cref="Increment"/>·X and
/// H₁ = θ²H - <see cref="Left"/>·X + <see cref="LeftArea"/>·Y, and the right part H₂ = (1-θ)²H - <see cref="Right"/>·X - <see cref="RightArea"/>·Y.
/// </summary>
/// <remarks>Foster and Habermann, Brownian bridge expansions for Lévy area approximations and particular values of the Riemann zeta function, 2022, theorem on the conditional law of space-time Lévy areas.</remarks>
internal readonly struct BridgeWeights
{
    /// <param name="theta">θ, the share of the left part, between 0 and 1.</param>
    /// <param name="length">Length of the interval.</param>
    public BridgeWeights(double theta, double length)
    {
        Theta = theta;
        double rest = 1 - theta;
        double between = theta * rest;
        double scale = Math.Sqrt(length * between / ((theta * theta * theta) + (rest * rest * rest)));
        Area = 6 * between;
        Increment = scale * ((theta * theta * theta) + (rest * rest * rest));
        Left = 0.5 * scale * theta * theta;
        Right = 0.5 * scale * rest * rest;
        LeftArea = scale * rest / (2 * Math.Sqrt(3));
        RightArea = scale * theta / (2 * Math.Sqrt(3));
    }

    public double Theta { get; }

    public double Area { get; }

    public double Increment { get; }

    public double Left { get; }

    public double Right { get; }

    public double LeftArea { get; }

    public double RightArea { get; }
}
