namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>A point, or a direction, of the homogeneous embedding.</summary>
internal sealed class ConePoint(int variables, int constraints)
{
    public double[] X { get; } = new double[variables];

    public double[] S { get; } = new double[constraints];

    public double[] Z { get; } = new double[constraints];

    public double Tau { get; set; }

    public double Kappa { get; set; }

    public void CopyTo(ConePoint other)
    {
        X.CopyTo(other.X, 0);
        S.CopyTo(other.S, 0);
        Z.CopyTo(other.Z, 0);
        (other.Tau, other.Kappa) = (Tau, Kappa);
    }

    public void Add(double step, ConePoint direction)
    {
        DenseVector.AddScaled(X, step, direction.X);
        DenseVector.AddScaled(S, step, direction.S);
        DenseVector.AddScaled(Z, step, direction.Z);
        Tau += step * direction.Tau;
        Kappa += step * direction.Kappa;
    }
}
