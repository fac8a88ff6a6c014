namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>A Runge-Kutta method: kᵢ = f(t + cᵢh, z + h Σⱼ aᵢⱼkⱼ), z₁ = z + h Σᵢ bᵢkᵢ.</summary>
/// <remarks>
/// Every method is kept in one form: its stages end with the one at the end of the step, f(t + h, z₁), whose row of A is
/// b. It is the next step's first stage, so it costs nothing, and error estimate and dense output may use it. Stages that
/// only the dense output needs come after it and are evaluated only in steps that hold an output time.
/// </remarks>
public abstract class RungeKutta : OdeMethod
{
    private protected RungeKutta(string name, int order, int embeddedOrder, double[][] a, double[] c, int endStage, double[] errorWeights, double[] correctionWeights, double[][] denseOutput)
        : base(name, order, embeddedOrder)
    {
        A = a;
        C = c;
        EndStage = endStage;
        ErrorWeights = errorWeights;
        CorrectionWeights = correctionWeights;
        DenseOutput = denseOutput;
        DenseStages = Enumerable.Range(0, DenseOutput.Length).Last(i => DenseOutput[i].Any(p => p != 0)) + 1;
    }

    /// <summary>Rows of the Runge-Kutta matrix: <c>A[i]</c> has at most i entries, and one more where stage i is implicit.</summary>
    internal double[][] A { get; }

    /// <summary>Nodes cᵢ.</summary>
    internal double[] C { get; }

    /// <summary>Index of the stage f(t + h, z₁); its row of A is b.</summary>
    internal int EndStage { get; }

    /// <summary>eᵢ with z₁ - ẑ₁ = h Σ eᵢkᵢ; empty where the method has no embedded solution.</summary>
    internal double[] ErrorWeights { get; }

    /// <summary>Weights of the difference to a second embedded solution, see <see cref="CombineErrors"/>; empty where there is none.</summary>
    internal double[] CorrectionWeights { get; }

    /// <summary>Coefficients with z(t + θh) = z + h Σᵢ kᵢ Σₚ <c>DenseOutput[i][p]</c> θᵖ⁺¹.</summary>
    internal double[][] DenseOutput { get; }

    /// <summary>Number of leading stages that the dense output uses.</summary>
    internal int DenseStages { get; }

    /// <summary>Number of all stages, those of the dense output included.</summary>
    internal int StageCount => A.Length;

    /// <summary>Evaluations of f in a row that attempted so many adaptive steps; two choose the size of the first.</summary>
    internal int EvaluationsOf(int attempts) => 2 + (EndStage * attempts);

    /// <summary>
    /// The error estimate from those of two embedded solutions, e₁² / √(e₁² + e₂² / 100), of higher order than both
    /// (Hairer, Nørsett, Wanner, Solving Ordinary Differential Equations I, II.10, equation 10.17).
    /// </summary>
    internal static double CombineErrors(double first, double second) =>
        first == 0 ? 0 : first * first / Math.Sqrt(first * first + 0.01 * second * second);

    /// <summary>A as a square matrix.</summary>
    internal double[,] Matrix()
    {
        double[,] matrix = new double[StageCount, StageCount];
        for (int i = 0; i < StageCount; i++)
        {
            for (int j = 0; j < A[i].Length; j++)
            {
                matrix[i, j] = A[i][j];
            }
        }

        return matrix;
    }

    /// <summary>Aᵀ as a square matrix.</summary>
    internal double[,] TransposedMatrix()
    {
        double[,] matrix = new double[StageCount, StageCount];
        for (int i = 0; i < StageCount; i++)
        {
            for (int j = 0; j < A[i].Length; j++)
            {
                matrix[j, i] = A[i][j];
            }
        }

        return matrix;
    }

    /// <summary>Weights of the stages in z(t + θh) - z = Σ wᵢkᵢ, one row for each θ.</summary>
    internal double[,] DenseWeights(ReadOnlySpan<double> thetas, double size)
    {
        double[,] weights = new double[thetas.Length, DenseStages];
        for (int m = 0; m < thetas.Length; m++)
        {
            for (int i = 0; i < DenseStages; i++)
            {
                double sum = 0;
                for (int p = DenseOutput[i].Length - 1; p >= 0; p--)
                {
                    sum = (sum + DenseOutput[i][p]) * thetas[m];
                }

                weights[m, i] = size * sum;
            }
        }

        return weights;
    }
}
