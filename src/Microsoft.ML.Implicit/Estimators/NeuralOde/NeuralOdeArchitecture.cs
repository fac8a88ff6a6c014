using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Implicit.Solvers.Ode;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What a model file must say about neural ODEs.</summary>
internal sealed record NeuralOdeArchitecture(
    PredictionSizes Sizes, OdeFieldKind Field, int StateWidth, int AugmentedDimensions, int HiddenLayers, OdeSolverKind Solver, double Tolerance, int MaximumSteps)
    : PredictionArchitecture(Sizes)
{
    private const int DefaultStateWidth = 32;
    private const int DefaultHiddenWidth = 64;
    private const int DefaultStateChannels = 16;
    private const int DefaultHiddenChannels = 32;

    /// <param name="options">Settings of the trainer.</param>
    /// <param name="featureCount">Length of the feature vector.</param>
    /// <param name="task">What a network predicts.</param>
    /// <param name="rows">Training rows, by which open settings are chosen.</param>
    /// <exception cref="ArgumentException">The images are of another size than the feature vector.</exception>
    public NeuralOdeArchitecture(NeuralOdeOptions options, int featureCount, PredictionTask task, long rows)
        : this(
            new PredictionSizes(
                options.Image ?? default,
                featureCount,
                options.HiddenWidth ?? (options.ReadsImages ? DefaultHiddenChannels : DefaultHiddenWidth),
                task.OutputWidth,
                options.EnsembleSize ?? PredictionDefaults.EnsembleSize(options.ReadsImages, rows))
            {
                Dropout = PredictionDefaults.Usual(options, task, rows, featureCount).Dropout,
            },
            options.Field,
            options.StateWidth ?? (options.ReadsImages ? DefaultStateChannels : DefaultStateWidth),
            options.AugmentedDimensions,
            options.HiddenLayers,
            options.Solver,
            options.Tolerance,
            options.MaximumSteps)
    {
        Regularization = new OdeRegularization(options);
        CheckImages(options);
    }

    /// <summary>What training adds to the loss, which only training needs.</summary>
    public OdeRegularization Regularization { get; init; } = OdeRegularization.None;

    public override bool ReadsImages => Field == OdeFieldKind.Convolutional;

    public override bool MapsInputs => !ReadsImages && StateWidth > 0;

    public OdeOptions SolverOptions => new()
    {
        Method = Method,
        StepControl = StepControl,
        MaximumSteps = MaximumSteps,
        ThrowOnFailure = false,

        // Convolutions have no closed form of their products, and one graph through all steps has fewer and larger operations than one a stage.
        GradientMethod = ReadsImages ? OdeGradientMethod.Backpropagation : OdeGradientMethod.CheckpointedAdjoint,
    };

    public PiStepControl StepControl => new() { RelativeTolerance = Tolerance, AbsoluteTolerance = Tolerance };

    public ExplicitRungeKutta Method => Solver switch
    {
        OdeSolverKind.Tsit5 => OdeMethods.Tsit5,
        OdeSolverKind.Dopri5 => OdeMethods.Dopri5,
        _ => OdeMethods.Bosh3,
    };

    protected override bool IsPlausibleNetwork => Tolerance is > 0 and < 1 && MaximumSteps > 0 && StateWidth >= 0 && AugmentedDimensions >= 0 && HiddenLayers > 0;

    // A dense field has a layer into and one out of what is hidden; a convolutional one has at least as many weights.
    protected override Int128 LeastWeights
    {
        get
        {
            long features = StateWidth > 0 ? StateWidth : ReadsImages ? Image.Channels : FeatureCount;
            Int128 embedding = StateWidth == 0 ? 0 : (Int128)StateWidth * (ReadsImages ? Image.Channels : Sizes.InputCount);
            Int128 hidden = ReadsImages ? 0 : (Int128)(HiddenLayers - 1) * HiddenWidth * HiddenWidth;
            return embedding + hidden + Sizes.CategoryWeights + (2 * (Int128)HiddenWidth * (features + AugmentedDimensions)) + ((Int128)OutputWidth * (features + AugmentedDimensions));
        }
    }

    public override PredictionNetwork CreateNetwork(int encodedWidth, Generator generator, double[]? stackedDropout) => stackedDropout is null
        ? new NeuralOdeNetwork(this, encodedWidth, generator)
        : throw new NotSupportedException("Neural ODEs are trained one by one.");

    public OdeField CreateField(int inputWidth, Generator generator) => ReadsImages ? new ConvolutionalField(this, generator) : new DenseField(this, inputWidth, generator);

    public override PredictionArchitecture With(PredictionArchitecture sizes) => (NeuralOdeArchitecture)sizes with
    {
        Solver = Solver,
        Tolerance = Tolerance,
        MaximumSteps = MaximumSteps,
        Regularization = Regularization,
    };

    protected override void WriteNetwork(DocumentWriter writer)
    {
        writer.Write("field", Field);
        writer.Write("state_width", StateWidth);
        writer.Write("augmented_dimensions", AugmentedDimensions);
        writer.Write("hidden_layers", HiddenLayers);
        writer.Write("solver", Solver);
        writer.Write("tolerance", Tolerance);
        writer.Write("maximum_steps", MaximumSteps);
    }

    /// <exception cref="FormatException">A value is out of range.</exception>
    public static NeuralOdeArchitecture Read(DocumentReader reader) => Checked(
        new NeuralOdeArchitecture(
            PredictionSizes.Read(reader),
            reader.Enum<OdeFieldKind>("field"),
            reader.Int32("state_width"),
            reader.Int32("augmented_dimensions"),
            reader.Int32("hidden_layers"),
            reader.Enum<OdeSolverKind>("solver"),
            reader.Double("tolerance"),
            reader.Int32("maximum_steps")),
        reader);
}
