using Microsoft.ML.Implicit.Layers.Equilibrium;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What a model file must say about deep-equilibrium networks.</summary>
internal sealed record DeepEquilibriumArchitecture(PredictionSizes Sizes, EquilibriumCellKind Cell, EquilibriumSolverKind Solver, double Tolerance, int MaximumIterations)
    : PredictionArchitecture(Sizes)
{
    /// <param name="options">Settings of the trainer.</param>
    /// <param name="featureCount">Length of the feature vector.</param>
    /// <param name="task">What a network predicts.</param>
    /// <param name="rows">Training rows, by which open settings are chosen.</param>
    /// <exception cref="ArgumentException">The images are of another size than the feature vector.</exception>
    public DeepEquilibriumArchitecture(DeepEquilibriumOptions options, int featureCount, PredictionTask task, long rows)
        : this(
            new PredictionSizes(
                options.Image ?? default,
                featureCount,
                options.HiddenWidth ?? PredictionDefaults.HiddenWidth(options.ReadsImages, rows),
                task.OutputWidth,
                options.EnsembleSize ?? PredictionDefaults.EnsembleSize(options.ReadsImages, rows))
            {
                Dropout = PredictionDefaults.Usual(options, task, rows, featureCount).Dropout,
            },
            options.Cell,
            options.Solver,
            options.Tolerance,
            options.MaximumIterations)
    {
        GradientTolerance = options.GradientTolerance;
        JacobianPenalty = options.JacobianPenalty;
        CheckImages(options);
    }

    /// <summary>Relative tolerance of the implicit gradient, which only training needs.</summary>
    public double? GradientTolerance { get; init; }

    /// <summary>Weight of the Jacobian's norm in the loss, which only training needs.</summary>
    public double JacobianPenalty { get; init; }

    public override bool ReadsImages => Cell == EquilibriumCellKind.MultiscaleConvolutional;

    public override bool CanStack => Cell == EquilibriumCellKind.Dense;

    public override bool MapsInputs => Cell == EquilibriumCellKind.Dense;

    protected override bool IsPlausibleNetwork => Tolerance is > 0 and < 1 && MaximumIterations > 0;

    // A dense cell weighs each input for each hidden unit. The convolutional cell's first kernels see every pixel of an image reduced to
    // 16 x 16, and so span an eighth of its longer side and more.
    protected override Int128 LeastWeights
    {
        get
        {
            long kernelSize = 1 + (Math.Max(Image.Height, Image.Width) / 8);
            Int128 input = ReadsImages ? (Int128)(HiddenWidth / 4) * Image.Channels * kernelSize * kernelSize : (Int128)HiddenWidth * Sizes.InputCount;
            return input + Sizes.CategoryWeights + ((Int128)HiddenWidth * ((long)HiddenWidth + OutputWidth));
        }
    }

    public override PredictionNetwork CreateNetwork(int encodedWidth, Generator generator, double[]? stackedDropout) => new DeepEquilibriumNetwork(this, encodedWidth, generator, stackedDropout);

    public override PredictionArchitecture With(PredictionArchitecture sizes) => (DeepEquilibriumArchitecture)sizes with
    {
        Solver = Solver,
        Tolerance = Tolerance,
        MaximumIterations = MaximumIterations,
        GradientTolerance = GradientTolerance,
        JacobianPenalty = JacobianPenalty,
    };

    /// <param name="inputWidth">Length of an encoded row.</param>
    /// <param name="generator">Source of the weights and of dropout, on the CPU; kept.</param>
    /// <param name="stackedDropout">Dropout of each cell of a stack of dense ones; null for one cell.</param>
    public FeatureCell CreateCell(int inputWidth, Generator generator, double[]? stackedDropout)
    {
        if (stackedDropout is not null)
        {
            return DenseResidualCell.CreateStack(inputWidth, HiddenWidth, generator, stackedDropout);
        }

        if (Cell == EquilibriumCellKind.Dense)
        {
            return new DenseResidualCell(inputWidth, HiddenWidth, generator, Dropout);
        }

        int[] scaleWidths = [HiddenWidth / 4, HiddenWidth / 2];
        return new MultiscaleConvolutionalCell(Image.Channels, Image.Height, Image.Width, scaleWidths, generator, Dropout);
    }

    public IFixedPointSolver CreateSolver(double relativeTolerance) => Solver switch
    {
        EquilibriumSolverKind.Broyden => new BroydenSolver(new BroydenSettings { RelativeTolerance = relativeTolerance, MaximumIterations = MaximumIterations }),
        EquilibriumSolverKind.Picard => new PicardSolver(new PicardSettings { RelativeTolerance = relativeTolerance, MaximumIterations = MaximumIterations }),
        _ => new AndersonSolver(new AndersonSettings { RelativeTolerance = relativeTolerance, MaximumIterations = MaximumIterations }),
    };

    protected override void WriteNetwork(DocumentWriter writer)
    {
        writer.Write("cell", Cell);
        writer.Write("solver", Solver);
        writer.Write("tolerance", Tolerance);
        writer.Write("maximum_iterations", MaximumIterations);
    }

    /// <exception cref="FormatException">A value is out of range.</exception>
    public static DeepEquilibriumArchitecture Read(DocumentReader reader) => Checked(
        new DeepEquilibriumArchitecture(
            PredictionSizes.Read(reader), reader.Enum<EquilibriumCellKind>("cell"), reader.Enum<EquilibriumSolverKind>("solver"), reader.Double("tolerance"), reader.Int32("maximum_iterations")),
        reader);
}
