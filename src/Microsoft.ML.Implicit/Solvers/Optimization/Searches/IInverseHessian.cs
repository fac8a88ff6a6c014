namespace Microsoft.ML.Implicit.Solvers.Optimization.Searches;

/// <summary>An approximation of a Hessian's inverse that learns from steps.</summary>
internal interface IInverseHessian
{
    /// <summary>Forgets all steps.</summary>
    /// <param name="scales">Diagonal of the first approximation.</param>
    /// <param name="factor">Its factor.</param>
    void Reset(ReadOnlySpan<double> scales, double factor);

    /// <summary>Learns from a step.</summary>
    /// <param name="change">Change of the unknowns.</param>
    /// <param name="gradientChange">Change of the gradient.</param>
    void Update(ReadOnlySpan<double> change, ReadOnlySpan<double> gradientChange);

    /// <summary>Multiplies with the approximation.</summary>
    void Apply(ReadOnlySpan<double> vector, Span<double> result);
}
