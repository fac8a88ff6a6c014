using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(BinaryPredictor), null, typeof(SignatureLoadModel), "", BinaryPredictor.LoaderSignature)]

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A binary model as ML.NET's trainers that are made of binary ones hold it: a function of one feature vector.</summary>
internal sealed partial class BinaryPredictor(IBinaryModel model) : IDistPredictorProducing<float, float>, IValueMapperDist, ICanSaveModel
{
    internal const string LoaderSignature = "DeepEquilibriumBinary";

    private const string ModelName = "Model";

    public PredictionKind PredictionKind => PredictionKind.BinaryClassification;

    public DataViewType InputType => model.FeatureColumnType;

    public DataViewType OutputType => NumberDataViewType.Single;

    public DataViewType DistType => NumberDataViewType.Single;

    private static VersionInfo Version => new(
        "DEQBINAR",
        verWrittenCur: 0x00010001,
        verReadableCur: 0x00010001,
        verWeCanReadBack: 0x00010001,
        loaderSignature: LoaderSignature,
        loaderAssemblyName: typeof(BinaryPredictor).Assembly.FullName);

    public ValueMapper<TIn, TOut> GetMapper<TIn, TOut>()
    {
        ValueMapper<VBuffer<float>, float> map = (in VBuffer<float> features, ref float score) => score = Score(features);
        return (ValueMapper<TIn, TOut>)(Delegate)map;
    }

    public ValueMapper<TIn, TOut, TDist> GetMapper<TIn, TOut, TDist>()
    {
        ValueMapper<VBuffer<float>, float, float> map = (in VBuffer<float> features, ref float score, ref float probability) =>
        {
            score = Score(features);
            probability = BinaryTask.Probability(score);
        };
        return (ValueMapper<TIn, TOut, TDist>)(Delegate)map;
    }

    public void Save(ModelSaveContext ctx)
    {
        ctx.CheckAtModel();
        ctx.SetVersionInfo(Version);
        ctx.SaveModel(model, ModelName);
    }

    private static BinaryPredictor Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Version);
        ctx.LoadModel<ITransformer, SignatureLoadModel>(env, out ITransformer model, ModelName);
        return model is IBinaryModel { IsBinary: true } binary
            ? new BinaryPredictor(binary)
            : throw new FormatException("The model file holds another model where a binary one belongs.");
    }

    private float Score(in VBuffer<float> features)
    {
        VBuffer<float> row = default;
        if (!model.TryRead(in features, ref row))
        {
            return float.NaN;
        }

        float[] scores = new float[1];
        model.Score([row], scores);
        return scores[0];
    }
}
