namespace Microsoft.ML.Implicit.Solvers.Ode.Methods;

/// <summary>The numbers of one explicit Runge-Kutta method as the literature gives them.</summary>
internal sealed record ExplicitRungeKuttaCoefficients
{
    public required string Name { get; init; }

    public required int Order { get; init; }

    /// <summary>Zero where the method has no error estimate.</summary>
    public int EmbeddedOrder { get; init; }

    /// <summary>Rows of A, the empty first one included, without the row of the end stage.</summary>
    public required double[][] A { get; init; }

    public required double[] B { get; init; }

    public required double[] C { get; init; }

    /// <summary>Weights of the difference to the embedded solution, over the stages and, where it takes part, the end stage.</summary>
    public double[] ErrorWeights { get; init; } = [];

    /// <summary>Weights of the difference to a second embedded solution of lower order; empty where there is none.</summary>
    public double[] CorrectionWeights { get; init; } = [];

    /// <summary>Rows of A of stages that only the dense output uses, over all stages before, the end stage included.</summary>
    public double[][] DenseA { get; init; } = [];

    public double[] DenseC { get; init; } = [];

    /// <summary>Coefficients of θ, θ², ... for each stage; <see langword="null"/> for the interpolant that the order calls for.</summary>
    public double[][]? DenseOutput { get; init; }
}
