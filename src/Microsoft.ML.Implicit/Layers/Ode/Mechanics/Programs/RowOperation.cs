namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;

/// <summary>One operation of a <see cref="RowProgram"/>. Values and cotangents are <c>[column][lane]</c>.</summary>
internal abstract unsafe class RowOperation
{
    /// <summary>Computes the operation's values from those of the operations before.</summary>
    public abstract void Evaluate(double* values, double* parameters);

    /// <summary>Adds to the cotangents of what the operation reads from those of its values.</summary>
    /// <param name="values">All values.</param>
    /// <param name="cotangents">All cotangents.</param>
    /// <param name="parameters">All parameters.</param>
    /// <param name="gradient">Those of the parameters, to which the sums over lanes are added.</param>
    public abstract void Pullback(double* values, double* cotangents, double* parameters, double* gradient);
}
