using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A function from a vector to one of the same length, of any length.</summary>
internal abstract record SignalFunction
{
    /// <param name="values">Finite values.</param>
    public abstract double[] Evaluate(double[] values);

    public abstract void Write(DocumentWriter writer);
}
